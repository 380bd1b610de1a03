-- One row per list and metric that two runs have in common: which of them was better.
-- The users of all their folds together. Asked by `recsql compare`, or compiled by
-- dbt with var
-- asked_runs, two run_ids (and as_of, without which there is nothing to compare).
{{ config(enabled=var("as_of") is not none) }}
with
    summary as (select * from {{ ref("eval_summary") }}),
    definitions as (select * from {{ ref("metric_definitions") }}),

    whole as (
        select *, (interval_high - interval_low) / 2 as half_width
        from summary
        where segment_kind = 'all' and is_whole_run
    ),

    final as (
        select
            earlier.allow_repeat as items,
            earlier.list_name as list,
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
        where
            earlier.run_id = {{ text((var("asked_runs") or ["", ""])[0]) }}
            and later.run_id = {{ text((var("asked_runs") or ["", ""])[1]) }}
    )

select *
from final
order by items, metric, second_run desc, list
