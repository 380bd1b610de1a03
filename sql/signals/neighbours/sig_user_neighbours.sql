-- One row per (user_index, similar_user_index): the user_knn_neighbours users most
-- alike.
-- similarity by user_knn_similarity: the inner product of the users' item weights over
-- their scales (macro similarity_norms).
{{ config(enabled="user_knn" in var("candidate_sources")) }}
{% set similarity = var("user_knn_similarity") %}
with
    cells as (select * from {{ ref("sig_user_knn_weights") }}),

    scales as ({{ similarity_norms("cells", similarity, "user_index", "item_index") }}),

    found as (
        {{
            nearest_neighbours(
                "cells",
                "scales",
                "user_index",
                "item_index",
                similarity,
                "target",
                var("user_knn_neighbours") | int,
            )
        }}
    ),

    final as (
        select
            row_index as user_index,
            near_index as similar_user_index,
            score as similarity,
            near_rank as neighbour_rank
        from found
    )

select *
from final
