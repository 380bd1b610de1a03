-- One row per (model_name, item_index): what having the item says for every item, by
-- EASE and EDLAE.
-- Steck 2019 and 2020: item_weights[j + 1] is its weight for item j. One call makes
-- them all, of the most taken items: as many as ease_max_items says, or as fit in
-- memory.
{% set dropouts = {"ease": 0, "edlae": var("edlae_dropout")} %}
{% set sources = dropouts | select("in", var("candidate_sources")) | list %}
{{ config(enabled=sources | length > 0) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    fitted as (
        {% for source in sources %}
            select
                '{{ source }}' as model_name,
                ease_fit(
                    list(user_index),
                    list(item_index),
                    list({{ cell_weight(var(source ~ "_weights")) }}),
                    {
                        'regularization':{{ var(source ~ "_regularization") | float }},
                        'dropout':{{ dropouts[source] | float }},
                        'max_items':{{ var("ease_max_items") or "null" }},
                        'memory':current_setting('memory_limit')
                    }
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
