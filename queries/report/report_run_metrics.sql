-- One row per kept backtest, list, kind of items, metric and k: quality over time.
-- Read by `recsql report`, of the last 50 runs that have the latest one's truth.
{{ config(enabled=var("as_of") is not none) }}
with
    summary as (select * from {{ ref("eval_summary") }}),

    recent as (
        select run_id, max(generated_at) as run_at
        from summary
        where
            truth
            = (select arg_max(truth, (generated_at, run_id)) as truth from summary)
        group by run_id
        qualify row_number() over (order by max(generated_at) desc, run_id) <= 50
    ),

    kept as (
        select summary.*, recent.run_at
        from summary
        inner join recent on summary.run_id = recent.run_id
        where summary.segment_kind = 'all' and summary.is_whole_run
    ),

    final as (
        select
            run_id,
            run_at,
            allow_repeat,
            list_name,
            {{ metric_label("metric", "k") }} as metric,
            metric_value,
            interval_low,
            interval_high,
            user_count
        from kept
    )

select *
from final
order by allow_repeat, metric, list_name, run_at, run_id
