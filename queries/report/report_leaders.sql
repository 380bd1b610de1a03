-- One row per kind of items, metric, and list that is not the best: the best list
-- against it, user by user, over all folds of the latest backtest. Read by `recsql
-- report`.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    kept as ({{ latest_run(ref("eval_comparisons")) }}),

    both_ways as (
        select
            allow_repeat,
            {{ metric_label("metric", "k") }} as metric,
            list_name,
            other_list_name,
            user_count,
            difference,
            interval_low,
            interval_high,
            holm_p_value,
            is_significant,
            more_users
        from kept
        union all
        select
            allow_repeat,
            {{ metric_label("metric", "k") }},
            other_list_name,
            list_name,
            user_count,
            - difference,
            - interval_high,
            - interval_low,
            holm_p_value,
            is_significant,
            more_users
        from kept
    ),

    -- the best list is better than every other: its smallest difference is the largest
    placed as (
        select
            *,
            min(difference) over (
                partition by allow_repeat, metric, list_name
            ) as least_difference
        from both_ways
    ),

    ranked as (
        select
            *,
            dense_rank() over (
                partition by allow_repeat, metric
                order by least_difference desc, list_name
            ) as place
        from placed
    ),

    final as (
        select
            allow_repeat,
            metric,
            list_name,
            other_list_name,
            difference,
            interval_low,
            interval_high,
            holm_p_value,
            is_significant,
            more_users,
            user_count
        from ranked
        where place = 1
    )

select *
from final
order by allow_repeat, metric, difference, other_list_name
