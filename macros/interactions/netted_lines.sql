{#- netted_lines(marked, held): the body of a CTE in which each return takes back the latest
    units still held. Of a purchase stays what is held at every later moment above what
    was held before it; lines that no return touches keep their units.
    netted_lines("marked", "held")  ->  select *, ... as kept_units from held union all ... -#}
{% macro netted_lines(marked, held) %}
    {%- set held_before = "coalesce(lag(held_units) " ~ holdings("") ~ ", 0)" %}
    {%- set to_the_end = holdings("rows between current row and unbounded following") %}
    select
        *,
        {{ held_before }} as held_before,
        greatest(
            0, least(units, min(held_units) {{ to_the_end }} - {{ held_before }})
        ) as kept_units
    from {{ held }}
    union all
    select *, null as balance, null as held_units, null as held_before, units
    from {{ marked }}
    where not is_netted
{% endmacro %}
