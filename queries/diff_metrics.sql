-- One row per (surface, metric, k): what the lists of both versions are worth to the
-- same users, on the same truth, and how much better the newer ones are.
-- difference = mean over users of newer - older, turned round where less is better; its
-- interval is eval_mean_differences'.
-- Asked by `recsql diff --base`, where eval_lists holds what diff_scored says.
{{ config(enabled=var("as_of") is not none) }}
with
    comparisons as (select * from {{ ref("eval_comparisons") }}),
    figures as (select * from {{ ref("eval_user_figures") }}),

    means as (
        select
            list_name,
            allow_repeat,
            metric,
            k,
            {{ ratio(stable_sum("figure"), "count(*)") }} as figure
        from figures
        group by list_name, allow_repeat, metric, k
    ),

    final as (
        select
            replace(comparisons.list_name, 'surface ', '') as surface,
            {{ metric_label("comparisons.metric", "comparisons.k") }} as metric,
            comparisons.user_count as users,
            older.figure as older,
            newer.figure as newer,
            comparisons.difference as better_by,
            comparisons.interval_low,
            comparisons.interval_high,
            case
                when comparisons.interval_low > 0
                then 'better'
                when comparisons.interval_high < 0
                then 'worse'
                when comparisons.interval_low = 0 and comparisons.interval_high = 0
                then 'the same'
                else 'cannot be told'
            end as verdict
        from comparisons
        inner join
            means as newer
            on comparisons.list_name = newer.list_name
            and comparisons.allow_repeat = newer.allow_repeat
            and comparisons.metric = newer.metric
            and comparisons.k = newer.k
        inner join
            means as older
            on comparisons.other_list_name = older.list_name
            and comparisons.allow_repeat = older.allow_repeat
            and comparisons.metric = older.metric
            and comparisons.k = older.k
        where comparisons.other_list_name = concat('was ', comparisons.list_name)
    )

select *
from final
order by surface, metric
