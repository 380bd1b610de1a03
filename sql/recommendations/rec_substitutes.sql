-- One row per (item_id, item_rank): what can replace an item, by what both texts say.
-- Eligible or new items of most similar text; also for an item that was never sold. Of
-- equal titles the most similar, unless `variant` says they differ.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    items as (select * from {{ ref("int_items") }}),
    neighbours as (select * from {{ ref("sig_content_neighbours") }}),
    term_weights as (select * from {{ ref("sig_item_term_weights") }}),
    {% if var("item_relations") %}
        relations as (select * from {{ ref("sig_item_relations") }}),
    {% endif %}

    matched as (
        select
            items.item_id,
            substitutes.item_id as substitute_item_id,
            items.title as item_title,
            substitutes.title as substitute_title,
            substitutes.category as substitute_category,
            neighbours.item_index,
            neighbours.similar_item_index,
            neighbours.similarity,
            neighbours.neighbour_rank,
            row_number() over (
                partition by
                    neighbours.item_index, substitutes.title, substitutes.variant
                order by neighbours.neighbour_rank
            ) as title_rank
        from neighbours
        inner join items on neighbours.item_index = items.item_index
        inner join
            items as substitutes
            on neighbours.similar_item_index = substitutes.item_index
        where
            neighbours.similarity >= {{ var("min_similarity") | float }}
            {% if var("substitutes_same_category") %}
                and (items.category is null or items.category = substitutes.category)
            {% endif %}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by item_index order by neighbour_rank
            ) as item_rank
        from matched
        where title_rank = 1
    ),

    -- no term holds a bar
    told as (
        select
            item_index,
            string_split(string_agg(term, '|' order by weight desc, term), '|') as terms
        from term_weights
        group by item_index
    ),

    final as (
        select
            ranked.item_id,
            ranked.substitute_item_id,
            ranked.item_title,
            ranked.substitute_title,
            ranked.substitute_category,
            ranked.similarity,
            array_to_string(
                list_filter(mine.terms, lambda term:list_contains(theirs.terms, term)),
                ', '
            ) as shared_terms,
            {% for column, kind in (
                ("user_lift", "double"),
                ("pair_lift", "double"),
                ("is_substitute", "boolean"),
                ("is_complement", "boolean"),
            ) %}
                {% if var("item_relations") %} relations.{{ column }},
                {% else %} cast(null as {{ kind }}) as {{ column }},
                {% endif %}
            {% endfor %}
            ranked.item_rank
        from ranked
        inner join told as mine on ranked.item_index = mine.item_index
        inner join told as theirs on ranked.similar_item_index = theirs.item_index
        {% if var("item_relations") %}
            left join
                relations
                on relations.item_index
                = least(ranked.item_index, ranked.similar_item_index)
                and relations.other_item_index
                = greatest(ranked.item_index, ranked.similar_item_index)
        {% endif %}
        where ranked.item_rank <= {{ var("substitutes_per_item") | int }}
    )

select *
from final
