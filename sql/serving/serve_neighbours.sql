-- One row per (item_id, item_rank): items that an item of a session speaks for.
-- similarity: of source item_knn, else of vectors, else of texts.
{% set sources = var("candidate_sources") %}
{% set kinds = {"item_knn": "knn", "embedding": "embedding", "content": "content"} %}
{% set listed = kinds | select("in", sources) | list %}
{% set kind = kinds[listed[0]] if listed else none %}
{{ config(enabled=var("serving") and kind is not none) }}
with
    neighbours as (select * from {{ ref("sig_" ~ (kind or "knn") ~ "_neighbours") }}),
    items as (select * from {{ ref("int_items") }}),

    ranked as (
        select
            item_index,
            similar_item_index,
            similarity,
            row_number() over (
                partition by item_index order by similarity desc, similar_item_index
            ) as item_rank
        from neighbours
        where similar_item_index <> item_index and similarity > 0
        qualify item_rank <= {{ var("serving_neighbours") | int }}
    ),

    final as (
        select
            items.item_id,
            other.item_id as related_item_id,
            ranked.similarity,
            ranked.item_rank
        from ranked
        inner join items on ranked.item_index = items.item_index
        inner join items as other on ranked.similar_item_index = other.item_index
    )

select *
from final
