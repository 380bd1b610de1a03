-- One row per list, kind of items, group of users, metric and k, of the latest
-- backtest.
-- Read by `recsql report`.
{{ config(enabled=var("as_of") is not none) }}
with
    kept as ({{ latest_run(ref("eval_summary")) }}),

    final as (
        select
            segment_kind,
            segment,
            segment_place,
            allow_repeat,
            list_name,
            {{ metric_label("metric", "k") }} as metric,
            metric_value,
            interval_low,
            interval_high,
            user_count
        from kept
        where segment_kind <> 'all'
    )

select *
from final
order by segment_kind, allow_repeat, metric, list_name, segment_place, segment
