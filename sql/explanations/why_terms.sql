-- One row per (user_id, item_id, candidate_source, reason_index): what one cause adds
-- to the score of a shown candidate, from every source that is a sum or has one cause.
{{ config(materialized="view") }}
{% set of_sources = {
    "why_neighbours": ["user_knn"],
    "why_links": ["rules", "sequential", "item_knn", "content", "embedding"],
    "why_factors": ["als", "svd"],
    "why_weights": linear_sources().split(),
} %}
{% set models = ["why_whole"] %}
{% for model, sources in of_sources.items() %}
    {% if sources | select("in", var("candidate_sources")) | list %}
        {% set _ = models.append(model) %}
    {% endif %}
{% endfor %}
with
    {% for model in models %}
        {{ model }}_terms as (select * from {{ ref(model) }}),
    {% endfor %}

    final as (
        {% for model in models %}
            select
                user_id,
                item_id,
                candidate_source,
                part,
                reason_index,
                contribution,
                pair_count,
                lift,
                group_kind,
                group_name,
                user_share
            from {{ model }}_terms
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
