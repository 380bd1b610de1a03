-- One row per (item_index, other_item_index) of sig_shared_users with text on both
-- sides.
-- similarity = cosine of the items' term weights, which have length 1; 0 without a term
-- in common.
{{ config(enabled=var("item_relations") and "content" in var("candidate_sources")) }}
with
    pairs as (select * from {{ ref("sig_shared_users") }}),
    items as (select * from {{ ref("int_items") }}),
    term_weights as (select * from {{ ref("sig_item_term_weights") }}),

    common as (
        select
            pairs.item_index,
            pairs.other_item_index,
            {{ stable_sum("one.weight * other.weight") }} as similarity
        from pairs
        inner join term_weights as one on pairs.item_index = one.item_index
        inner join
            term_weights as other
            on pairs.other_item_index = other.item_index
            and one.term_index = other.term_index
        group by pairs.item_index, pairs.other_item_index
    ),

    final as (
        select
            pairs.item_index,
            pairs.other_item_index,
            coalesce(common.similarity, 0) as similarity
        from pairs
        inner join
            items as one
            on pairs.item_index = one.item_index
            and one.item_text is not null
        inner join
            items as other
            on pairs.other_item_index = other.item_index
            and other.item_text is not null
        left join
            common
            on pairs.item_index = common.item_index
            and pairs.other_item_index = common.other_item_index
    )

select *
from final
