-- One row per (user_index, item_index): how often the item shares baskets with the
-- user's latest items.
-- similarity = baskets with both / sqrt(baskets with one * baskets with the other)
{{ config(enabled=uses_ranker("copurchase") == "yes") }}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    item_pairs as (select * from {{ ref("sig_item_pairs") }}),
    items as (select * from {{ ref("int_items") }}),
    users as (select * from {{ ref("int_users") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    ranked as ({{ latest_first("user_items") }}),

    latest as (
        select users.user_index, ranked.item_index
        from ranked
        inner join users on ranked.user_id = users.user_id
        where ranked.recency_rank <= {{ var("latest_items") | int }}
    ),

    alike as (
        select
            item_pairs.item_index,
            item_pairs.other_item_index,
            item_pairs.pair_count
            / sqrt(cast(one.basket_count as double) * other.basket_count) as similarity
        from item_pairs
        inner join items as one on item_pairs.item_index = one.item_index
        inner join items as other on item_pairs.other_item_index = other.item_index
    ),

    mirrored as (
        select item_index, other_item_index, similarity
        from alike
        union all
        select other_item_index, item_index, similarity
        from alike
    ),

    summed as (
        select
            pairs.user_index,
            pairs.item_index,
            max(mirrored.similarity) as copurchase_max,
            {{ stable_sum("mirrored.similarity") }} as copurchase_sum,
            count(*) as partner_count
        from pairs
        inner join latest on pairs.user_index = latest.user_index
        inner join
            mirrored
            on latest.item_index = mirrored.item_index
            and pairs.item_index = mirrored.other_item_index
        group by pairs.user_index, pairs.item_index
    ),

    final as (
        select
            user_index,
            item_index,
            copurchase_max,
            {{ ratio("copurchase_sum", "partner_count") }} as copurchase_mean,
            copurchase_sum
        from summed
    )

select *
from final
