-- One row per (user_index, similar_user_index): the tifu_neighbours users whose vectors
-- are the closest, and the user at rank 0.
-- Hu, He, Gao and Zhang 2020: share = tifu_own_share for the user, the rest in equal
-- parts for the others; distance is the Euclidean one of sig_tifu_vectors.
{{ config(enabled="tifu_knn" in var("candidate_sources")) }}
{% set own = var("tifu_own_share") | float %}
with
    vectors as (select * from {{ ref("sig_tifu_vectors") }}),

    found as (
        select
            unnest(
                closest_rows(
                    {{ sparse_matrix("user_index", "item_index", "weight") }},
                    {{ var("tifu_neighbours") | int }}
                ),
                recursive := true
            )
        from vectors
    ),

    final as (
        select
            row_index as user_index,
            near_index as similar_user_index,
            score as distance,
            {{ 1 - own }} / count(*) over (partition by row_index) as share,
            near_rank as neighbour_rank
        from found
        union all
        select distinct user_index, user_index, 0.0, {{ own }}, 0
        from vectors
    )

select *
from final
