-- One row per (run_id, fold, list_name, allow_repeat, segment_kind, segment, metric,
-- k): quality in figures.
-- metric_value = mean over users, with a bootstrap interval; figures of all lists at
-- once, such as coverage, have none: a resample of users covers less by its nature.
{{ config(enabled=var("as_of") is not none) }}
{% set metrics = (
    "catalogue_coverage user_coverage gini entropy personalization pop_reo".split()
    | select("in", var("eval_metrics"))
    | list
) %}
{% set keys = (
    "list_name, allow_repeat, segment_kind, segment, segment_place, metric, k"
) %}
with
    figures as (select * from {{ ref("eval_user_figures") }} where k > 0),
    segments as (select * from {{ ref("eval_segments") }}),
    bounds as (select * from {{ ref("eval_bounds") }}),
    {% if metrics %}
        catalogue_metrics as (select * from {{ ref("eval_catalogue_metrics") }}),
    {% endif %}
    {% if measures_ratings() == "yes" %}
        rating_summary as (select * from {{ ref("eval_rating_summary") }}),
    {% endif %}

    summed as (
        select
            figures.list_name,
            figures.allow_repeat,
            segments.segment_kind,
            segments.segment,
            segments.segment_place,
            figures.metric,
            figures.k,
            {{ ratio(stable_sum("figures.figure"), "count(*)") }} as metric_value,
            count(distinct segments.user_number) as user_count
        from figures
        inner join
            segments
            on figures.user_id = segments.user_id
            and figures.fold = segments.fold
        group by
            figures.list_name,
            figures.allow_repeat,
            segments.segment_kind,
            segments.segment,
            segments.segment_place,
            figures.metric,
            figures.k
    ),

    united as (
        select {{ keys }}, metric_value, user_count, interval_low, interval_high
        from summed
        inner join
            bounds using (list_name, allow_repeat, segment_kind, segment, metric, k)
        {% for metric in metrics %}
            union all
            select
                list_name,
                allow_repeat,
                'all',
                'all users',
                1,
                '{{ metric }}',
                k,
                {{ ratio(stable_sum(metric), "count(*)") }},
                max(user_count),
                cast(null as double),
                cast(null as double)
            from catalogue_metrics
            where {{ metric }} is not null
            group by list_name, allow_repeat, k
        {% endfor %}
        {% if measures_ratings() == "yes" %}
            union all
            select *
            from rating_summary
        {% endif %}
    ),

    final as (
        select
            {{ text(var("eval_run")["run_id"] or invocation_id) }} as run_id,
            {{ fold_columns() }},
            {{ text(var("eval_truth")) }} as truth,
            {{ keys }},
            metric_value,
            interval_low,
            interval_high,
            user_count,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ as_timestamp(run_started_at) }} as generated_at
        from united
    )

select *
from final
