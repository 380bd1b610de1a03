-- One row per experiment and variant: are there as many users as planned? Read by
-- `recsql report`.
{{ config(enabled=var("experiments") | length > 0) }}
with
    checks as (select * from {{ ref("exp_checks") }}),

    final as (
        select
            experiment,
            variant,
            user_count,
            planned_users,
            crossed_count,
            p_value,
            verdict
        from checks
    )

select *
from final
order by experiment, variant
