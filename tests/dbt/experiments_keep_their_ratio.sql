-- Where a variant has not its share of the users, something else than chance chose
-- them.
{{ config(enabled=var("experiments") | length > 0, severity="warn") }}
with
    checks as (select * from {{ ref("exp_checks") }}),

    final as (
        select
            concat(
                'experiment ',
                experiment,
                ': variant ',
                variant,
                ' has ',
                cast(user_count as varchar),
                ' users where ',
                cast(round(planned_users, 1) as varchar),
                ' were planned; its results cannot be trusted until the cause is found'
            ) as problem
        from checks
        where verdict = 'sample ratio mismatch'
    )

select *
from final
