-- One row per list, kind of items, metric and k: the figures of the latest backtest,
-- means over its folds. Read by `recsql report`.
{{ config(enabled=var("as_of") is not none) }}
with
    kept as ({{ latest_run(ref("eval_summary")) }}),

    folded as (
        select allow_repeat, list_name, metric, k, {{ over_folds() }}
        from kept
        where segment_kind = 'all'
        group by allow_repeat, list_name, metric, k
    ),

    final as (
        select
            allow_repeat,
            list_name,
            list_name like 'surface %' as is_surface,
            metric as metric_name,
            k,
            {{ metric_label("metric", "k") }} as metric,
            metric_value,
            interval_low,
            interval_high,
            user_count
        from folded
    )

select *
from final
order by allow_repeat, k, metric, metric_value desc, list_name
