-- One row per (list_name, allow_repeat, segment_kind, segment, k, metric): the interval
-- of a mean over users, from eval_resamples resamples of the users, each drawn with all
-- folds (Efron 1979; Field and Welsh 2007: by clusters). Those
-- of ratings (k = 0) are in eval_rating_summary.
{{ config(enabled=var("as_of") is not none) }}
with
    figures as (select * from {{ ref("eval_user_figures") }} where k > 0),
    segments as (select * from {{ ref("eval_segments") }}),

    named as (select metric, k from figures group by metric, k),

    numbered as (
        select
            metric,
            k,
            cast(row_number() over (order by metric, k) as integer) as column_index
        from named
    ),

    drawn as (
        select
            figures.list_name,
            figures.allow_repeat,
            segments.segment_kind,
            segments.segment,
            unnest(
                bootstrap_means(
                    list(numbered.column_index),
                    list(segments.user_number),
                    list(figures.figure),
                    {
                        'resamples':{{ var("eval_resamples") | int }},
                        'seed':{{ var("eval_seed") | int }}
                    }
                )
            ) as bounds
        from figures
        inner join
            numbered on figures.metric = numbered.metric and figures.k = numbered.k
        inner join
            segments
            on figures.user_id = segments.user_id
            and figures.fold = segments.fold
        group by
            figures.list_name,
            figures.allow_repeat,
            segments.segment_kind,
            segments.segment
    ),

    final as (
        select
            drawn.list_name,
            drawn.allow_repeat,
            drawn.segment_kind,
            drawn.segment,
            numbered.k,
            numbered.metric,
            drawn.bounds.low as interval_low,
            drawn.bounds.high as interval_high
        from drawn
        inner join numbered on drawn.bounds.column_index = numbered.column_index
    )

select *
from final
