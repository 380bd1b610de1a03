-- One row per two of the last 6 backtests, list, kind of items, metric and k where they
-- differ, the earlier run first; alike_count: how many figures of the two are the same.
-- Read by `recsql report`.
{{ config(enabled=var("as_of") is not none) }}
with
    summary as (select * from {{ ref("eval_summary") }}),
    definitions as (select * from {{ ref("metric_definitions") }}),

    recent as (
        select
            run_id,
            row_number() over (order by max(generated_at) desc, run_id) as run_place
        from summary
        group by run_id
        qualify run_place <= 6
    ),

    whole as (
        select
            summary.*,
            recent.run_place,
            (summary.interval_high - summary.interval_low) / 2 as half_width
        from summary
        inner join recent on summary.run_id = recent.run_id
        where summary.segment_kind = 'all' and summary.is_whole_run
    ),

    compared as (
        select
            earlier.run_id as first_run_id,
            later.run_id as second_run_id,
            earlier.allow_repeat,
            earlier.list_name,
            {{ metric_label("earlier.metric", "earlier.k") }} as metric,
            earlier.metric_value as first_run,
            later.metric_value as second_run,
            later.metric_value - earlier.metric_value as difference,
            {{ run_verdict() }} as verdict
        from whole as earlier
        inner join
            whole as later
            on earlier.allow_repeat = later.allow_repeat
            and earlier.list_name = later.list_name
            and earlier.metric = later.metric
            and earlier.k = later.k
            and earlier.truth = later.truth
        inner join definitions on earlier.metric = definitions.metric
        where earlier.run_place > later.run_place
    ),

    counted as (
        select
            *,
            count(case when difference = 0 then 1 end) over (
                partition by first_run_id, second_run_id
            ) as alike_count,
            count(*) over (partition by first_run_id, second_run_id) as figure_count
        from compared
    ),

    -- two runs that are wholly the same keep one row, which says so
    final as (
        select
            first_run_id,
            second_run_id,
            allow_repeat,
            list_name,
            metric,
            first_run,
            second_run,
            difference,
            verdict,
            alike_count,
            figure_count
        from counted
        qualify
            difference <> 0
            or alike_count = figure_count
            and row_number() over (
                partition by first_run_id, second_run_id
                order by allow_repeat, metric, list_name
            )
            = 1
    )

select *
from final
order by first_run_id, second_run_id, allow_repeat, metric, second_run desc, list_name
