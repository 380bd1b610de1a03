-- One row per list, kind of items, k and estimator: the clicks per exposure that a list
-- would have had, in the latest backtest, means over its folds. Read by `recsql
-- report`.
{{ config(enabled=has_propensities() == "yes") }}
with
    kept as ({{ latest_run(ref("eval_policies")) }}),

    named as (select *, policy_value as metric_value from kept),

    folded as (
        select
            allow_repeat,
            list_name,
            k,
            estimator,
            {{ over_folds() }},
            avg(shown_value) as shown_value,
            sum(exposure_count) as exposure_count,
            sum(matched_count) as matched_count,
            sum(effective_count) as effective_count,
            avg(mean_weight) as mean_weight
        from named
        group by allow_repeat, list_name, k, estimator
    ),

    final as (
        select
            allow_repeat,
            list_name,
            list_name like 'surface %' as is_surface,
            k,
            concat('the first ', cast(k as varchar)) as places,
            estimator,
            metric_value as policy_value,
            interval_low,
            interval_high,
            shown_value,
            exposure_count,
            matched_count,
            effective_count,
            mean_weight
        from folded
    )

select *
from final
order by estimator desc, allow_repeat, k desc, policy_value desc, list_name
