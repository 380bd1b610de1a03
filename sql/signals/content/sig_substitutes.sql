-- One row per (item_index, region, item_rank): what can replace an item, everywhere
-- and in each region that availability or restrictions name.
-- item_rank by neighbour_rank of items that may be shown there; of equal titles the
-- most similar, unless `variant` says they differ.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    items as (select * from {{ ref("int_items") }}),
    neighbours as (select * from {{ ref("sig_content_neighbours") }}),
    region_items as (select * from {{ ref("elig_region_items") }}),

    named as (
        select
            item_index,
            category,
            min(item_index) over (partition by title, variant) as title_index
        from items
    ),

    -- of equal titles the nearest: by group by, as windows gather rows into structs
    matched as (
        select
            region_items.region,
            neighbours.item_index,
            arg_max(
                neighbours.similar_item_index, - neighbours.neighbour_rank
            ) as similar_item_index,
            arg_max(neighbours.similarity, - neighbours.neighbour_rank) as similarity,
            min(neighbours.neighbour_rank) as neighbour_rank
        from neighbours
        inner join named as mine on neighbours.item_index = mine.item_index
        inner join named as other on neighbours.similar_item_index = other.item_index
        inner join region_items on other.item_index = region_items.item_index
        where
            neighbours.similarity >= {{ var("min_similarity") | float }}
            {% if var("substitutes_same_category") %}
                and (mine.category is null or mine.category = other.category)
            {% endif %}
        group by region_items.region, neighbours.item_index, other.title_index
    ),

    -- the ranks of an item's neighbours differ, so rank() counts them
    ranked as (
        select
            *,
            rank() over (
                partition by region, item_index order by neighbour_rank
            ) as item_rank
        from matched
        qualify item_rank <= {{ var("substitutes_per_item") | int }}
    ),

    final as (
        select item_index, region, similar_item_index, similarity, item_rank from ranked
    )

select *
from final
