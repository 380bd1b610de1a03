-- One row per (user_id, item_id): what a user, and those whose baskets are the most
-- alike, took often and lately.
-- score = sum over the user and the neighbours of share * their weight of the item.
-- Hu, He, Gao and Zhang 2020: Modeling Personalized Item Frequency Information for
-- Next-basket Recommendation.
{{
    config(
        enabled="tifu_knn" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    neighbours as (
        select *
        from {{ ref("sig_tifu_neighbours") }}
        where {{ in_block("user_index") }}
    ),
    vectors as (select * from {{ ref("sig_tifu_vectors") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    known as (
        select user_index, item_index, {{ familiarity() }} as familiarity
        from user_items
        where is_eligible and {{ in_block("user_index") }}
    ),

    cells as (
        select vectors.*
        from vectors
        inner join items on vectors.item_index = items.item_index
        where items.is_eligible
    ),

    best as (
        select
            unnest(
                product_top(
                    (
                        select
                            {{
                                sparse_matrix(
                                    "user_index", "similar_user_index", "share"
                                )
                            }}
                        from neighbours
                    ),
                    (
                        select {{ sparse_matrix("user_index", "item_index", "weight") }}
                        from cells
                    ),
                    {{
                        sparse_matrix(
                            "user_index", "item_index", "cast(familiarity as double)"
                        )
                    }},
                    {{ eligibility() }},
                    {{ var("candidates_per_user") | int }}
                ),
                recursive := true
            )
        from known
    ),

    indexed as (select user_index, item_index, score, is_known from best),

    scored as ({{ with_ids("indexed", "users", "items") }}),

    final as ({{ best_candidates("scored", "tifu_knn") }})

select *
from final
