-- One row per (user_id, candidate_source, item_id): items like the user's latest, by
-- their texts or by their vectors.
-- score = sum over the latest_items of weight * similarity; the item of the largest
-- term is the reason. New items are proposed, too.
{% set neighbours_of = {
    "content": "sig_content_neighbours",
    "embedding": "sig_embedding_neighbours",
} %}
{% set sources = neighbours_of | select("in", var("candidate_sources")) | list %}
{{ config(enabled=sources | length > 0, meta={"blocks": "user_index"}) }}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    {% for source in sources %}
        {{ source }}_rows as (select * from {{ ref(neighbours_of[source]) }}),
    {% endfor %}
    items as (select * from {{ ref("int_items") }}),

    neighbours as (
        {% for source in sources %}
            select
                '{{ source }}' as candidate_source,
                item_index,
                similar_item_index,
                similarity
            from {{ source }}_rows
            where neighbour_rank <= {{ var("substitutes_per_item") | int }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    recency as ({{ latest_first("user_items") }}),

    summed as (
        select
            neighbours.candidate_source,
            recency.user_id,
            neighbours.similar_item_index as item_index,
            {{ stable_sum("recency.weight * neighbours.similarity") }} as score,
            arg_max(
                recency.item_index,
                (recency.weight * neighbours.similarity, - recency.item_index)
            ) as reason_index
        from recency
        inner join neighbours on recency.item_index = neighbours.item_index
        where recency.recency_rank <= {{ var("latest_items") | int }}
        group by
            neighbours.candidate_source, recency.user_id, neighbours.similar_item_index
    ),

    named as (
        select
            summed.candidate_source,
            summed.user_id,
            items.item_id,
            summed.item_index,
            summed.score,
            because.item_id as reason_item_id
        from summed
        inner join items on summed.item_index = items.item_index
        inner join items as because on summed.reason_index = because.item_index
    ),

    final as ({{ best_candidates("named") }})

select *
from final
