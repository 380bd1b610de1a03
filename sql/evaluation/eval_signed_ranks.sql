-- One row per (allow_repeat, metric, k, list_name, other_list_name): Wilcoxon 1945.
-- statistic = (sum of the ranks of positive differences - n (n + 1) / 4) / sqrt(n (n
-- + 1) (2 n + 1) / 24 - sum of (ties^3 - ties) / 48); differences of 0 are left out.
-- A user is one case: over several folds, their mean difference. Differences that are
-- equal but for their last bits tie: 12 decimals count.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    of_users as (select * from {{ ref("eval_user_differences") }}),

    meant as (
        select *, round(difference / case_count, 12) as mean_difference from of_users
    ),

    tied as (
        select
            allow_repeat,
            metric,
            k,
            list_name,
            other_list_name,
            abs(mean_difference) as size,
            cast(count(*) as double) as ties,
            count(case when mean_difference > 0 then 1 end) as positive_count
        from meant
        where mean_difference <> 0
        group by
            allow_repeat, metric, k, list_name, other_list_name, abs(mean_difference)
    ),

    -- what is equally large shares the mean of its ranks
    ranked as (
        select
            *,
            sum(ties) over (
                partition by allow_repeat, metric, k, list_name, other_list_name
                order by size
            )
            - (ties - 1) / 2 as size_rank
        from tied
    ),

    summed as (
        select
            allow_repeat,
            metric,
            k,
            list_name,
            other_list_name,
            sum(ties) as n,
            sum(positive_count * size_rank) as positive_ranks,
            sum(ties * ties * ties - ties) as tie_sum
        from ranked
        group by allow_repeat, metric, k, list_name, other_list_name
    ),

    final as (
        select
            allow_repeat,
            metric,
            k,
            list_name,
            other_list_name,
            cast(n as bigint) as changed_count,
            (positive_ranks - n * (n + 1) / 4)
            / sqrt(n * (n + 1) * (2 * n + 1) / 24 - tie_sum / 48) as statistic
        from summed
    )

select *
from final
