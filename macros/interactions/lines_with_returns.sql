{#- lines_with_returns(lines): the body of a CTE that marks the lines on which returns can have an
    effect: what someone bought and returned of an item that they returned at all.
    lines_with_returns("deduplicated")  ->  select *, ... as is_returnable from deduplicated -#}
{% macro lines_with_returns(lines) %}
    select
        *,
        reason is null
        and (is_return or {{ event_type_in(var("returned_event_types")) }})
        and {{ balance_key() }} in (
            select {{ balance_key() }}
            from {{ lines }}
            where reason is null and is_return
        ) as is_returnable
    from {{ lines }}
{% endmacro %}
