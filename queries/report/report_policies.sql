-- One row per list, kind of items, k and estimator: the clicks per exposure that a list
-- would have had, in the latest backtest, all its folds together. Read by `recsql
-- report`.
{{ config(enabled=has_propensities() == "yes") }}
with
    kept as ({{ latest_run(ref("eval_policies")) }}),

    final as (
        select
            allow_repeat,
            list_name,
            list_name like 'surface %' as is_surface,
            k,
            concat('the first ', cast(k as varchar)) as places,
            estimator,
            policy_value,
            interval_low,
            interval_high,
            shown_value,
            exposure_count,
            matched_count,
            effective_count,
            mean_weight
        from kept
    )

select *
from final
order by estimator desc, allow_repeat, k desc, policy_value desc, list_name
