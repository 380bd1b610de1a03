{#- checked_lines(events): the body of a CTE that looks at each staged event alone: is it a
    return, and is there a reason not to use it? The first of four steps (then merged_lines,
    marked_lines, netted_lines) that the past and the holdout share.
    checked_lines("events")  ->  select *, ... as is_return, ... from events -#}
{% macro checked_lines(events) %}
    select
        *,
        coalesce(quantity < 0, false)
        or {{ event_type_in(var("return_event_types")) }} as is_return,
        coalesce(
            deletion, {{ rejection_reason() }}, {{ outlier_reason() }}
        ) as line_reason
    from {{ events }}
{% endmacro %}
