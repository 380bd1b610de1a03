-- One row per (user_id, item_id): items whose text is like that of the user's latest.
-- score = sum over the latest_items of weight * similarity; the item of the largest
-- term is the reason. New items are proposed, too.
{{
    config(
        enabled="content" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    neighbours as (select * from {{ ref("sig_content_neighbours") }}),
    items as (select * from {{ ref("int_items") }}),

    recency as ({{ latest_first("user_items") }}),

    summed as (
        select
            recency.user_id,
            neighbours.similar_item_index as item_index,
            {{ stable_sum("recency.weight * neighbours.similarity") }} as score,
            arg_max(
                recency.item_index,
                (recency.weight * neighbours.similarity, - recency.item_index)
            ) as reason_index
        from recency
        inner join neighbours on recency.item_index = neighbours.item_index
        where
            recency.recency_rank <= {{ var("latest_items") | int }}
            and neighbours.neighbour_rank <= {{ var("substitutes_per_item") | int }}
        group by recency.user_id, neighbours.similar_item_index
    ),

    named as (
        select
            summed.user_id,
            items.item_id,
            summed.item_index,
            summed.score,
            because.item_id as reason_item_id
        from summed
        inner join items on summed.item_index = items.item_index
        inner join items as because on summed.reason_index = because.item_index
    ),

    final as ({{ best_candidates("named", "content") }})

select *
from final
