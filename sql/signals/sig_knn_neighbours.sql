-- One row per (item_index, similar_item_index): the knn_neighbours nearest eligible
-- items.
-- similarity = inner product of the items' user weights; one call over all items.
{{ config(enabled="item_knn" in var("candidate_sources")) }}
with
    user_weights as (select * from {{ ref("sig_knn_weights") }}),

    matrix as (
        select
            list(item_index) as item_indexes,
            list(user_index) as user_indexes,
            list(weight) as weights,
            coalesce(max(item_index) + 1, 0) as item_count
        from user_weights
    ),

    found as (
        select
            unnest(
                nearest_rows(
                    item_indexes,
                    user_indexes,
                    weights,
                    item_count,
                    {{ var("knn_neighbours") | int }}
                ),
                recursive := true
            )
        from matrix
    ),

    final as (
        select
            row_index as item_index,
            near_index as similar_item_index,
            score as similarity,
            near_rank as neighbour_rank
        from found
    )

select *
from final
