-- One row per (user_id, candidate_source, item_id): every source of var
-- candidate_sources.
{{ config(materialized="view") }}
{% set of_family = {
    "cand_factors": factor_sources().split(),
    "cand_linear": linear_sources().split(),
} %}
{% set models = [] %}
{% for source in var("candidate_sources") %}
    {% set model = namespace(name="cand_" ~ source) %}
    {% for family, sources in of_family.items() if source in sources %}
        {% set model.name = family %}
    {% endfor %}
    {% set _ = models.append(model.name) if model.name not in models %}
{% endfor %}
with
    {% for model in models %}
        {{ model }}_rows as (select * from {{ ref(model) }}),
    {% endfor %}

    final as (
        {% for model in models %}
            select
                user_id,
                item_id,
                candidate_source,
                score,
                is_repeat,
                reason_item_id,
                kind_rank,
                item_rank
            from {{ model }}_rows
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
