{#- running_balances(lines): the body of a CTE that says of each returnable line how many units are held
    after it: the running balance, which starts again from 0 where more is returned than
    held (balance minus its lowest value so far, where that is below 0).
    running_balances("returnable")  ->  select *, balance - least(0, ...) as held_units from ... -#}
{% macro running_balances(lines) %}
    {%- set so_far = balance_window("rows unbounded preceding") %}
    select *, balance - least(0, min(balance) {{ so_far }}) as held_units
    from
        (
            select
                *,
                sum(
                    case when is_return then - units else units end
                ) {{ so_far }} as balance
            from {{ lines }}
            where is_returnable
        ) as balanced
{% endmacro %}
