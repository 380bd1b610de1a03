-- One row per list, kind of items and k: accuracy beside coverage and novelty, in the
-- latest backtest. Read by `recsql report`.
{% set accuracy = (var("eval_compared_metrics") + var("eval_metrics"))[0] %}
{{ config(enabled=var("as_of") is not none) }}
with
    kept as ({{ latest_run(ref("eval_summary")) }}),

    figures as (
        select allow_repeat, list_name, k, metric, metric_value
        from kept
        where segment_kind = 'all' and list_name <> 'new users'
    ),

    final as (
        select
            accurate.allow_repeat,
            accurate.list_name,
            accurate.list_name like 'surface %' as is_surface,
            accurate.k,
            accurate.metric as accuracy_metric,
            accurate.metric_value as accuracy,
            covering.metric_value as catalogue_coverage,
            novel.metric_value as novelty
        from figures as accurate
        inner join
            figures as covering
            on accurate.allow_repeat = covering.allow_repeat
            and accurate.list_name = covering.list_name
            and accurate.k = covering.k
        inner join
            figures as novel
            on accurate.allow_repeat = novel.allow_repeat
            and accurate.list_name = novel.list_name
            and accurate.k = novel.k
        where
            accurate.metric = {{ text(accuracy) }}
            and covering.metric = 'catalogue_coverage'
            and novel.metric = 'novelty'
    )

select *
from final
order by allow_repeat, k, accuracy desc, list_name
