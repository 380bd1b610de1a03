-- One row per list and metric that two runs have in common: which of them was better.
-- Means over their folds. Asked by `recsql compare`, or compiled by dbt with var
-- asked_runs, two run_ids (and as_of, without which there is nothing to compare).
{{ config(enabled=var("as_of") is not none) }}
with
    summary as (select * from {{ ref("eval_summary") }}),
    definitions as (select * from {{ ref("metric_definitions") }}),

    folded as (
        select
            run_id,
            allow_repeat,
            list_name,
            metric,
            k,
            avg(metric_value) as metric_value,
            avg(interval_high - interval_low) / 2 / sqrt(count(*)) as half_width
        from summary
        where segment_kind = 'all'
        group by run_id, allow_repeat, list_name, metric, k
    ),

    final as (
        select
            earlier.allow_repeat as items,
            earlier.list_name as list,
            {{ metric_label("earlier.metric", "earlier.k") }} as metric,
            earlier.metric_value as first_run,
            later.metric_value as second_run,
            later.metric_value - earlier.metric_value as difference,
            case
                when
                    abs(later.metric_value - earlier.metric_value) <= sqrt(
                        earlier.half_width * earlier.half_width
                        + later.half_width * later.half_width
                    )
                then 'could be chance'
                when earlier.half_width is null
                then null
                when
                    definitions.higher_is_better
                    = (later.metric_value > earlier.metric_value)
                then 'better'
                else 'worse'
            end as verdict
        from folded as earlier
        inner join
            folded as later
            on earlier.allow_repeat = later.allow_repeat
            and earlier.list_name = later.list_name
            and earlier.metric = later.metric
            and earlier.k = later.k
        inner join definitions on earlier.metric = definitions.metric
        where
            earlier.run_id = {{ text((var("asked_runs") or ["", ""])[0]) }}
            and later.run_id = {{ text((var("asked_runs") or ["", ""])[1]) }}
    )

select *
from final
order by items, metric, second_run desc, list
