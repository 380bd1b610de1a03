{#- net_of_returns(returnable, balances): the body of a CTE in which each return takes back the latest
    units still held. Of a purchase stays what is held at every later moment above what
    was held before it; lines that no return touches keep their units.
    net_of_returns("returnable", "balances")  ->  select *, ... as kept_units from balances union all ... -#}
{% macro net_of_returns(returnable, balances) %}
    {%- set held_before = "coalesce(lag(held_units) " ~ balance_window("") ~ ", 0)" %}
    {%- set to_the_end = balance_window(
        "rows between current row and unbounded following"
    ) %}
    select
        *,
        {{ held_before }} as held_before,
        greatest(
            0, least(units, min(held_units) {{ to_the_end }} - {{ held_before }})
        ) as kept_units
    from {{ balances }}
    union all
    select *, null as balance, null as held_units, null as held_before, units
    from {{ returnable }}
    where not is_returnable
{% endmacro %}
