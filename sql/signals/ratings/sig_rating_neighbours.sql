-- One row per (item_index, similar_item_index): items that users rate alike.
-- similarity = adjusted cosine (Sarwar et al. 2001): of ratings less the user's mean,
-- an item that was not rated being 0; rating_shrinkage is added to what it is divided
-- by.
{{ config(enabled=predicts_ratings(["item_knn"]) == "yes") }}
with
    residuals as (select * from {{ ref("sig_rating_residuals") }}),

    cells as (select item_index, user_index, deviation as weight from residuals),

    scales as ({{ similarity_norms("cells", "cosine", "item_index", "user_index") }}),

    found as (
        {{
            nearest_neighbours(
                "cells",
                "scales",
                "item_index",
                "user_index",
                "cosine",
                "target",
                var("rating_neighbours") | int,
                var("rating_shrinkage"),
            )
        }}
    ),

    final as (
        select
            row_index as item_index,
            near_index as similar_item_index,
            score as similarity,
            near_rank as neighbour_rank
        from found
        where near_rank > 0
    )

select *
from final
