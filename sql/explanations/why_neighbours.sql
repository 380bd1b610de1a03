-- One row per (user_id, item_id, candidate_source, reason_index): what one item of the
-- user adds to a score of user_knn; the explanation_items largest terms of each,
-- and one more, which says that there is a rest.
-- A similar user votes similarity * weight, and an item has the part in it that it has
-- in the inner product behind the similarity. The user's own vote is that of the item.
{{ config(enabled="user_knn" in var("candidate_sources")) }}
with
    explained as (select * from {{ ref("why_shown") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    neighbours as (select * from {{ ref("sig_user_neighbours") }}),
    cells as (select * from {{ ref("sig_user_knn_weights") }}),

    shown as (select * from explained where candidate_source = 'user_knn'),

    votes as (
        select
            shown.user_index,
            shown.item_index,
            neighbours.similar_user_index,
            neighbours.similarity * user_items.weight as vote
        from shown
        inner join neighbours on shown.user_index = neighbours.user_index
        inner join
            user_items
            on neighbours.similar_user_index = user_items.user_index
            and shown.item_index = user_items.item_index
        where user_items.weight > 0
    ),

    pairs as (
        select user_index, similar_user_index
        from votes
        where user_index <> similar_user_index
        group by user_index, similar_user_index
    ),

    common as (
        select
            pairs.user_index,
            pairs.similar_user_index,
            own.item_index as reason_index,
            own.weight * other.weight as product
        from pairs
        inner join cells as own on pairs.user_index = own.user_index
        inner join
            cells as other
            on pairs.similar_user_index = other.user_index
            and own.item_index = other.item_index
    ),

    shared as (
        select
            *,
            product
            / {{
                stable_sum(
                    "product", "over (partition by user_index, similar_user_index)"
                )
            }} as share
        from common
        union all
        select user_index, similar_user_index, item_index, 1, 1
        from votes
        where user_index = similar_user_index
    ),

    summed as (
        select
            votes.user_index,
            votes.item_index,
            shared.reason_index,
            {{ stable_sum("votes.vote * shared.share") }} as contribution
        from votes
        inner join shared using (user_index, similar_user_index)
        where
            votes.user_index <> votes.similar_user_index
            or votes.item_index = shared.reason_index
        group by votes.user_index, votes.item_index, shared.reason_index
    ),

    user_knn_terms as (
        select
            *,
            row_number() over (
                partition by user_index, item_index
                order by contribution desc, reason_index
            ) as place
        from summed
        qualify place <= {{ var("explanation_items") | int + 1 }}
    ),

    final as ({{ term_contributions(["user_knn"], "_terms", "shown") }})

select *
from final
