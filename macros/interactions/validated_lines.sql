{#- validated_lines(events): the body of a CTE that looks at each staged event alone: is it a
    return, and is there a reason not to use it? The first of four steps (then deduplicated_lines,
    lines_with_returns, net_of_returns) that the past and the holdout share.
    validated_lines("events")  ->  select *, ... as is_return, ... from events -#}
{% macro validated_lines(events) %}
    select
        *,
        coalesce(quantity < 0, false)
        or {{ event_type_in(var("return_event_types")) }} as is_return,
        coalesce(
            deletion, {{ rejection_reason() }}, {{ outlier_reason() }}
        ) as line_reason
    from {{ events }}
{% endmacro %}
