-- One row per (allow_repeat, metric, k, list_name, other_list_name): the mean
-- difference of two lists, and its interval; the same users are drawn for both (Efron
-- 1979).
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    differences as (select * from {{ ref("eval_differences") }}),
    segments as (select * from {{ ref("eval_segments") }}),

    summed as (
        select
            allow_repeat,
            metric,
            k,
            list_name,
            other_list_name,
            cast(
                row_number() over (
                    order by allow_repeat, metric, k, list_name, other_list_name
                ) as integer
            ) as column_index,
            count(*) as user_count,
            {{ ratio(stable_sum("difference"), "count(*)") }} as difference,
            {{ stable_sum("difference * difference") }} as square_sum
        from differences
        group by allow_repeat, metric, k, list_name, other_list_name
    ),

    drawn as (
        select
            unnest(
                bootstrap_means(
                    list(summed.column_index),
                    list(segments.user_number),
                    list(differences.difference),
                    {
                        'resamples':{{ var("eval_resamples") | int }},
                        'seed':{{ var("eval_seed") | int }}
                    }
                )
            ) as bounds
        from differences
        inner join
            summed
            on differences.allow_repeat = summed.allow_repeat
            and differences.metric = summed.metric
            and differences.k = summed.k
            and differences.list_name = summed.list_name
            and differences.other_list_name = summed.other_list_name
        inner join
            segments
            on differences.user_id = segments.user_id
            and segments.segment_kind = 'all'
        group by differences.allow_repeat
    ),

    final as (
        select
            summed.allow_repeat,
            summed.metric,
            summed.k,
            summed.list_name,
            summed.other_list_name,
            summed.user_count,
            summed.difference,
            drawn.bounds.low as interval_low,
            drawn.bounds.high as interval_high,
            drawn.bounds.p_value as p_value,
            greatest(square_sum - user_count * difference * difference, 0)
            / nullif(user_count - 1, 0) as variance
        from drawn
        inner join summed on drawn.bounds.column_index = summed.column_index
    )

select *
from final
