-- One row per (user_id, item_id): what users with a similar history take.
-- score = sum over the similar users, the user too, of similarity * their weight.
-- Resnick et al. 1994; Herlocker, Konstan, Borchers and Riedl 1999.
{{
    config(
        enabled="user_knn" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    neighbours as (
        select *
        from {{ ref("sig_user_neighbours") }}
        where {{ in_block("user_index") }}
    ),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    known as (
        select user_index, item_index, {{ familiarity() }} as familiarity
        from user_items
        where is_eligible and {{ in_block("user_index") }}
    ),

    cells as (
        select user_index, item_index, greatest(weight, 0) as weight
        from user_items
        where is_eligible
    ),

    best as (
        select
            unnest(
                product_top(
                    (
                        select
                            {{
                                sparse_matrix(
                                    "user_index", "similar_user_index", "similarity"
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

    final as ({{ best_candidates("scored", "user_knn") }})

select *
from final
