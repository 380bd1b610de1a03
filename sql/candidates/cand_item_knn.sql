-- One row per (user_id, item_id): items that the takers of the user's items take.
-- score = sum over the user's items of weight * similarity. Sarwar, Karypis, Konstan
-- and Riedl 2001.
{{
    config(
        enabled="item_knn" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    neighbours as (select * from {{ ref("sig_knn_neighbours") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    known as (
        select user_index, item_index, weight, {{ familiarity() }} as familiarity
        from user_items
        where is_eligible
    ),

    best as (
        select
            unnest(
                product_top(
                    {{
                        sparse_matrix(
                            "user_index", "item_index", "greatest(weight, 0)"
                        )
                    }},
                    (
                        select
                            {{
                                sparse_matrix(
                                    "item_index", "similar_item_index", "similarity"
                                )
                            }}
                        from neighbours
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

    final as ({{ best_candidates("scored", "item_knn") }})

select *
from final
