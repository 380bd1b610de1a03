-- One row per list, kind of items, metric and k: the figures of the latest backtest,
-- all its folds together. Read by `recsql report`.
{{ config(enabled=var("as_of") is not none) }}
with
    kept as ({{ latest_run(ref("eval_summary")) }}),

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
        from kept
        where segment_kind = 'all'
    )

select *
from final
order by allow_repeat, k, metric, metric_value desc, list_name
