-- One row per (list_name, allow_repeat, segment_kind, segment, metric, k): errors of
-- predicted ratings, in the columns of eval_summary.
-- Pooled: of all rated pairs alike, not a mean over users (Herlocker et al. 2004); the
-- interval draws users with all their pairs anew.
{{ config(enabled=measures_ratings() == "yes") }}
{% set sums = {"rmse": "squared_sum", "mae": "absolute_sum"} %}
{% set metrics = var("eval_metrics") | select("in", sums) | list %}
with
    errors as (select * from {{ ref("eval_rating_errors") }}),
    segments as (select * from {{ ref("eval_segments") }}),

    stacked as (
        {% for metric in metrics %}
            select
                fold,
                list_name,
                user_id,
                '{{ metric }}' as metric,
                {{ loop.index0 }} as column_index,
                rating_count,
                {{ sums[metric] }} as error_sum
            from errors
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    placed as (
        select
            stacked.*,
            segments.user_number,
            segments.segment_kind,
            segments.segment,
            segments.segment_place
        from stacked
        inner join segments using (fold, user_id)
    ),

    pooled as (
        select
            list_name,
            segment_kind,
            segment,
            segment_place,
            metric,
            column_index,
            count(distinct user_number) as user_count,
            {{ ratio(stable_sum("error_sum"), "sum(rating_count)") }} as mean_error
        from placed
        group by list_name, segment_kind, segment, segment_place, metric, column_index
    ),

    drawn as (
        select
            list_name,
            segment_kind,
            segment,
            unnest(
                bootstrap_ratios(
                    list(column_index),
                    list(user_number),
                    list(error_sum),
                    list(cast(rating_count as double)),
                    {
                        'resamples':{{ var("eval_resamples") | int }},
                        'seed':{{ var("eval_seed") | int }}
                    }
                )
            ) as bounds
        from placed
        group by list_name, segment_kind, segment
    ),

    final as (
        select
            pooled.list_name,
            'all' as allow_repeat,
            pooled.segment_kind,
            pooled.segment,
            pooled.segment_place,
            pooled.metric,
            0 as k,
            case
                pooled.metric when 'rmse' then sqrt(mean_error) else mean_error
            end as metric_value,
            pooled.user_count,
            case
                pooled.metric when 'rmse' then sqrt(bounds.low) else bounds.low
            end as interval_low,
            case
                pooled.metric when 'rmse' then sqrt(bounds.high) else bounds.high
            end as interval_high
        from pooled
        inner join drawn using (list_name, segment_kind, segment)
        where pooled.column_index = drawn.bounds.column_index
    )

select *
from final
