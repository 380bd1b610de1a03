-- Exposures without a chance above 0 and up to 1 cannot value a list.
{{ config(enabled=has_propensities() == "yes", severity="warn") }}
with
    exposures as (select * from {{ ref("stg_holdout_exposures") }}),

    final as (
        select
            concat(
                cast(count(*) as varchar),
                ' exposures of the holdout have no propensity above 0 and up to 1; they ',
                'value no list in eval_policies'
            ) as problem
        from exposures
        where not coalesce(propensity > 0 and propensity <= 1, false)
        having count(*) > 0
    )

select *
from final
