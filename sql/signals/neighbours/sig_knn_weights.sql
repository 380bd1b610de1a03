-- One row per (item_index, user_index): how much a user says of an eligible item.
-- weight by knn_similarity (macro feature_weight) from the user's baskets and sessions
-- with the item.
{{ config(enabled="item_knn" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    taken as (
        select user_index, item_index, visit_count as amount
        from user_items
        where is_eligible and weight > 0
    ),

    final as (
        {{
            similarity_weights(
                "taken", var("knn_similarity"), "item_index", "user_index"
            )
        }}
    )

select *
from final
