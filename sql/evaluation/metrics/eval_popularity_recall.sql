-- One row per (list_name, allow_repeat, user_id, k): recall of popular and of rare
-- items.
-- Items in the order of their users: those that make up the first third of all pairs of
-- user and item are popular, the last third rare, as is what nobody took before. Null
-- where none was taken.
{% set metrics = ["recall_of_popular", "recall_of_middle", "recall_of_rare"] %}
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics") | select("in", metrics) | list | length > 0
    )
}}
with
    parted as (select * from {{ ref("eval_item_parts") }}),
    truth as (select * from {{ ref("eval_truth") }}),
    hits as (select * from {{ ref("eval_hits") }}),
    user_metrics as (select * from {{ ref("eval_user_metrics") }}),

    -- what counts for each list, and whether it was hit at all
    counted as (
        select
            user_metrics.list_name,
            user_metrics.allow_repeat,
            user_metrics.user_id,
            user_metrics.k,
            coalesce(parted.part, 3) as part,
            count(*) as taken_count,
            count(hits.item_id) as hit_count
        from user_metrics
        inner join
            truth
            on user_metrics.user_id = truth.user_id
            and
            {{ matches_allow_repeat("truth.is_repeat", "user_metrics.allow_repeat") }}
        left join parted on truth.item_id = parted.item_id
        left join
            hits
            on user_metrics.list_name = hits.list_name
            and user_metrics.allow_repeat = hits.allow_repeat
            and user_metrics.user_id = hits.user_id
            and truth.item_id = hits.item_id
            and hits.item_rank <= user_metrics.k
        group by
            user_metrics.list_name,
            user_metrics.allow_repeat,
            user_metrics.user_id,
            user_metrics.k,
            coalesce(parted.part, 3)
    ),

    final as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            max(
                case when part = 1 then {{ ratio("hit_count", "taken_count") }} end
            ) as recall_of_popular,
            max(
                case when part = 2 then {{ ratio("hit_count", "taken_count") }} end
            ) as recall_of_middle,
            max(
                case when part = 3 then {{ ratio("hit_count", "taken_count") }} end
            ) as recall_of_rare
        from counted
        group by list_name, allow_repeat, user_id, k
    )

select *
from final
