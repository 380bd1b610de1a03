-- One row per (item_index, similar_item_index): how much having an item speaks for
-- another.
-- similarity by knn_similarity: the inner product of the items' user weights over their
-- scales (macro similarity_norms); knn_truncation says whose knn_neighbours nearest
-- are kept.
{{ config(enabled="item_knn" in var("candidate_sources")) }}
{% set similarity = var("knn_similarity") %}
{% set side = {"source": "voter", "target": "target"}[var("knn_truncation")] %}
{% set of_user, other = (
    ("row_index", "near_index")
    if side == "voter"
    else (
        "near_index",
        "row_index",
    )
) %}
with
    cells as (select * from {{ ref("sig_knn_weights") }}),

    scales as ({{ similarity_norms("cells", similarity, "item_index", "user_index") }}),

    found as (
        {{
            nearest_neighbours(
                "cells",
                "scales",
                "item_index",
                "user_index",
                similarity,
                side,
                var("knn_neighbours") | int,
            )
        }}
    ),

    kept as (select row_index, near_index, score, near_rank from found),

    {% if var("knn_normalize") %}
        sums as (
            select row_index, {{ stable_sum("score") }} as total
            from kept
            where near_rank > 0
            group by row_index
        ),
    {% endif %}

    final as (
        select
            kept.{{ of_user }} as item_index,
            kept.{{ other }} as similar_item_index,
            {% if var("knn_normalize") %}
                case
                    when kept.near_rank = 0
                    then kept.score
                    else {{ ratio("kept.score", "sums.total") }}
                end as similarity,
            {% else %} kept.score as similarity,
            {% endif %}
            kept.near_rank as neighbour_rank
        from kept
        {% if var("knn_normalize") %}
            left join sums on kept.row_index = sums.row_index
        {% endif %}
    )

select *
from final
