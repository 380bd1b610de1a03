-- One row per (allow_repeat, metric, k, list_name, other_list_name): the mean
-- difference of two lists, and its interval; the same users are drawn for both (Efron
-- 1979). The joint bounds hold for all pairs of an allow_repeat at once.
-- variance = sum over users of (their differences - mean * their folds)^2 / (users -
-- 1) /
-- (folds per user)^2: of one user, whose folds hang together.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    of_users as (select * from {{ ref("eval_user_differences") }}),

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
            {{ ratio(stable_sum("difference"), "sum(case_count)") }} as difference,
            {{ ratio("sum(case_count)", "count(*)") }} as cases_per_user,
            {{ stable_sum("difference * difference") }} as square_sum,
            {{ stable_sum("difference * case_count") }} as product_sum,
            sum(case_count * case_count) as case_square_sum
        from of_users
        group by allow_repeat, metric, k, list_name, other_list_name
    ),

    drawn as (
        select
            unnest(
                bootstrap_ratios(
                    list(summed.column_index),
                    list(of_users.user_number),
                    list(of_users.difference),
                    list(of_users.case_count),
                    {
                        'resamples':{{ var("eval_resamples") | int }},
                        'seed':{{ var("eval_seed") | int }}
                    }
                )
            ) as bounds
        from of_users
        inner join
            summed
            on of_users.allow_repeat = summed.allow_repeat
            and of_users.metric = summed.metric
            and of_users.k = summed.k
            and of_users.list_name = summed.list_name
            and of_users.other_list_name = summed.other_list_name
        group by of_users.allow_repeat
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
            drawn.bounds.joint_low as joint_low,
            drawn.bounds.joint_high as joint_high,
            drawn.bounds.p_value as p_value,
            greatest(
                square_sum
                - 2 * summed.difference * product_sum
                + summed.difference * summed.difference * case_square_sum,
                0
            )
            / nullif(user_count - 1, 0)
            / (cases_per_user * cases_per_user) as variance
        from drawn
        inner join summed on drawn.bounds.column_index = summed.column_index
    )

select *
from final
