-- One row per item and item that it speaks for, by places from 0. Kept in memory by the
-- service.
{% set sources = var("candidate_sources") %}
{{ config(enabled=var("serving") and ("item_knn" in sources or "content" in sources)) }}
with
    neighbours as (select * from {{ ref("serve_neighbours") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select
            items.popularity_rank - 1 as item_place,
            other.popularity_rank - 1 as similar_place,
            neighbours.similarity
        from neighbours
        inner join items on neighbours.item_id = items.item_id
        inner join items as other on neighbours.related_item_id = other.item_id
    )

select *
from final
order by item_place, similarity desc, similar_place
