-- One row per item_index: what having the item says for every item, by EASE.
-- Steck 2019: item_weights[j + 1] is its weight for item j; one call makes them all.
{{ config(enabled="ease" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    model as (
        select
            ease_fit(
                list(user_index),
                list(item_index),
                list({{ cell_weight(var("ease_weights")) }}),
                {'regularization':{{ var("ease_regularization") | float }}}
            ) as item_weights
        from user_items
        where is_eligible and item_index < {{ var("ease_max_items") | int }}
    ),

    final as ({{ numbered_values("item_weights", "item_index", "item_weights") }})

select *
from final
