-- One row per (model_name, item_index): what was fitted of an item by a source that
-- weighs items against items; sources that read the graph alone have none.
{{ config(enabled=linear_sources() != "", materialized="view") }}
{% set fits = {
    "sig_ease_weights": ["ease", "edlae"],
    "sig_graph_frequencies": ["graph_filter", "bspm"],
} %}
{% set models = [] %}
{% for model, sources in fits.items() %}
    {% if sources | select("in", var("candidate_sources")) | list %}
        {% set _ = models.append(model) %}
    {% endif %}
{% endfor %}
with
    {% for model in models %}
        {{ model }}_rows as (select * from {{ ref(model) }}),
    {% endfor %}

    final as (
        {% for model in models %}
            select model_name, item_index, item_weights
            from {{ model }}_rows
            union all
        {% endfor %}
        select
            cast(null as varchar) as model_name,
            cast(null as integer) as item_index,
            cast(null as float[]) as item_weights
        where false
    )

select *
from final
