{#- marked_lines(lines): the body of a CTE that marks the lines on which returns can have an
    effect: what someone bought and returned of an item that they returned at all.
    marked_lines("merged")  ->  select *, ... as is_netted from merged -#}
{% macro marked_lines(lines) %}
    select
        *,
        reason is null
        and (is_return or {{ event_type_in(var("returned_event_types")) }})
        and {{ holding_key() }} in (
            select {{ holding_key() }}
            from {{ lines }}
            where reason is null and is_return
        ) as is_netted
    from {{ lines }}
{% endmacro %}
