-- One row per (user_index, item_index): how much an eligible item says of a user.
-- weight by user_knn_similarity (macro feature_weight) from the user's baskets with it.
{{ config(enabled="user_knn" in var("candidate_sources")) }}
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
                "taken", var("user_knn_similarity"), "user_index", "item_index"
            )
        }}
    )

select *
from final
