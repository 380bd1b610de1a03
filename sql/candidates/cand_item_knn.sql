-- One row per (user_id, item_id): items that the takers of the user's items take.
-- score = sum over the user's items of weight * similarity; the largest term's item is
-- the reason. Sarwar, Karypis, Konstan and Riedl 2001.
{{ config(enabled="item_knn" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    neighbours as (select * from {{ ref("sig_knn_neighbours") }}),
    items as (select * from {{ ref("int_items") }}),

    contributions as (
        select
            user_items.user_id,
            user_items.item_id as reason_item_id,
            user_items.item_index as reason_index,
            neighbours.similar_item_index as item_index,
            user_items.weight * neighbours.similarity as term
        from user_items
        inner join neighbours on user_items.item_index = neighbours.item_index
        where user_items.weight > 0
        union all
        -- nothing is nearer to an item than itself: similarity 1
        select user_id, item_id, item_index, item_index, weight
        from user_items
        where is_eligible and weight > 0
    ),

    summed as (
        select
            contributions.user_id,
            items.item_id,
            contributions.item_index,
            {{ stable_sum("contributions.term") }} as score,
            arg_max(
                contributions.reason_item_id,
                (contributions.term, - contributions.reason_index)
            ) as reason_item_id
        from contributions
        inner join items on contributions.item_index = items.item_index
        group by contributions.user_id, items.item_id, contributions.item_index
    ),

    scored as ({{ mark_repeats("summed") }}),

    final as ({{ best_candidates("scored", "item_knn") }})

select *
from final
