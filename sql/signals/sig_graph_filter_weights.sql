-- One row per item_index: what having the item says for every item, by the
-- graph filter GF-CF.
-- Shen et al. 2021: item_weights[j + 1] is its weight for item j; one call makes them
-- all.
{{ config(enabled="graph_filter" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    model as (
        select
            graph_fit(
                list(user_index),
                list(item_index),
                list({{ cell_weight(var("graph_filter_weights")) }}),
                {
                    'factors':{{ var("graph_filter_factors") | int }},
                    'low_pass':{{ var("graph_filter_low_pass") | float }}
                }
            ) as item_weights
        from user_items
        where is_eligible and item_index < {{ var("graph_filter_max_items") | int }}
    ),

    final as ({{ numbered_values("item_weights", "item_index", "item_weights") }})

select *
from final
