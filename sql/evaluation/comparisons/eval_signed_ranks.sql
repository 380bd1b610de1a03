-- One row per (allow_repeat, metric, k, list_name, other_list_name): Wilcoxon 1945.
-- statistic = (sum of the ranks of positive differences - n (n + 1) / 4) / sqrt(n (n
-- + 1) (2 n + 1) / 24 - sum of (ties^3 - ties) / 48); differences of 0 are left out.
-- A user is one case: over several folds, their mean difference. Differences tie where
-- no more than 1e-9 parts them: they are equal but for their last bits.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    of_users as (select * from {{ ref("eval_user_differences") }}),

    meant as (select *, abs(difference / case_count) as size from of_users),

    parted as (
        select
            *,
            case
                when
                    size - lag(size) over (
                        partition by allow_repeat, metric, k, list_name, other_list_name
                        order by size
                    )
                    <= 1e-9
                then 0
                else 1
            end as is_first
        from meant
        where size > 1e-9
    ),

    placed as (
        select
            *,
            sum(is_first) over (
                partition by allow_repeat, metric, k, list_name, other_list_name
                order by size
            ) as place
        from parted
    ),

    tied as (
        select
            allow_repeat,
            metric,
            k,
            list_name,
            other_list_name,
            place,
            cast(count(*) as double) as ties,
            count(case when difference > 0 then 1 end) as positive_count
        from placed
        group by allow_repeat, metric, k, list_name, other_list_name, place
    ),

    -- what is equally large shares the mean of its ranks
    ranked as (
        select
            *,
            sum(ties) over (
                partition by allow_repeat, metric, k, list_name, other_list_name
                order by place
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
