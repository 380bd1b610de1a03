-- One row per (list_name, allow_repeat, user_id, item_rank) that was taken in the
-- holdout.
{{ config(enabled=var("as_of") is not none) }}
with
    lists as (select * from {{ ref("eval_lists") }}),
    truth as (select * from {{ ref("eval_truth") }}),

    final as (
        select
            lists.list_name,
            lists.allow_repeat,
            lists.user_id,
            lists.item_id,
            lists.item_rank,
            row_number() over (
                partition by lists.list_name, lists.allow_repeat, lists.user_id
                order by lists.item_rank
            ) as hit_number,
            truth.weight,
            truth.item_weight,
            truth.popularity_place
        from lists
        inner join
            truth on lists.user_id = truth.user_id and lists.item_id = truth.item_id
    )

select *
from final
