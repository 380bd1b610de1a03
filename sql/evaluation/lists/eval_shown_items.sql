-- One row per (list_name, allow_repeat, user_id, k, item_rank): the lists cut at each
-- of var eval_cutoffs, with what is known of the items.
{{ config(enabled=var("as_of") is not none, materialized="view") }}
with
    lists as (select * from {{ ref("eval_lists") }}),
    items as (select * from {{ ref("int_items") }}),

    cutoffs as (select unnest({{ var("eval_cutoffs") }}) as k),

    final as (
        select
            lists.list_name,
            lists.allow_repeat,
            lists.user_id,
            cutoffs.k,
            lists.item_rank,
            lists.item_id,
            items.item_index,
            items.category,
            items.user_count,
            items.is_new
        from lists
        inner join cutoffs on lists.item_rank <= cutoffs.k
        inner join items on lists.item_id = items.item_id
    )

select *
from final
