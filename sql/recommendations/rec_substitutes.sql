-- One row per (item_id, item_rank): what can replace an item, by what both texts say.
-- Eligible items of most similar text; also for an item that was never sold.
{{ config(enabled=var("content")) }}
with
    items as (select * from {{ ref("int_items") }}),
    neighbours as (select * from {{ ref("sig_content_neighbours") }}),
    term_weights as (select * from {{ ref("sig_item_term_weights") }}),

    ranked as (
        select
            items.item_id,
            substitutes.item_id as substitute_item_id,
            items.title as item_title,
            substitutes.title as substitute_title,
            substitutes.category as substitute_category,
            neighbours.item_index,
            neighbours.similar_item_index,
            neighbours.similarity,
            row_number() over (
                partition by neighbours.item_index order by neighbours.neighbour_rank
            ) as item_rank
        from neighbours
        inner join items on neighbours.item_index = items.item_index
        inner join
            items as substitutes
            on neighbours.similar_item_index = substitutes.item_index
        {% if var("substitutes_same_category") %}
            where items.category is null or items.category = substitutes.category
        {% endif %}
    ),

    kept as (
        select * from ranked where item_rank <= {{ var("substitutes_per_item") | int }}
    ),

    shared as (
        select
            kept.item_index,
            kept.similar_item_index,
            string_agg(
                mine.term, ', ' order by mine.weight * theirs.weight desc, mine.term
            ) as shared_terms
        from kept
        inner join term_weights as mine on kept.item_index = mine.item_index
        inner join
            term_weights as theirs
            on kept.similar_item_index = theirs.item_index
            and mine.term_index = theirs.term_index
        group by kept.item_index, kept.similar_item_index
    ),

    final as (
        select
            kept.item_id,
            kept.substitute_item_id,
            kept.item_title,
            kept.substitute_title,
            kept.substitute_category,
            kept.similarity,
            shared.shared_terms,
            kept.item_rank
        from kept
        inner join
            shared
            on kept.item_index = shared.item_index
            and kept.similar_item_index = shared.similar_item_index
    )

select *
from final
