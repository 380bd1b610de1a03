-- One row per (model_name, item_index): the item in the lowest frequencies of the
-- graph of users and items, for the graph filter and BSPM.
-- Right singular vectors of the matrix over the roots of its sums (Shen et al. 2021).
{% set sources = (
    ["graph_filter", "bspm"] | select("in", var("candidate_sources")) | list
) %}
{{ config(enabled=sources | length > 0) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    fitted as (
        {% for source in sources %}
            select
                '{{ source }}' as model_name,
                frequencies_fit(
                    list(user_index),
                    list(item_index),
                    list({{ cell_weight(var(source ~ "_weights")) }}),
                    {{ var(source ~ "_factors") | int }}
                ) as item_weights
            from user_items
            where is_eligible
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            model_name,
            cast(unnest(range(len(item_weights))) as integer) as item_index,
            unnest(item_weights) as item_weights
        from fitted
    )

select *
from final
