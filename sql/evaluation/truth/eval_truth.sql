-- One row per (user_id, item_id): what lists are scored on: all that users took in the
-- holdout, or by var eval_truth only what a list could hold.
-- item_weight = users of the item to the power of -eval_propensity_power: Steck 2011.
{{ config(enabled=var("as_of") is not none) }}
with
    taken as (select * from {{ ref("eval_taken") }}),
    newcomers as (select * from {{ ref("eval_newcomers") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    final as (
        select
            taken.user_id,
            taken.item_id,
            newcomers.user_id is not null as is_newcomer,
            {{ is_repeat("user_items") }} as is_repeat,
            taken.weight,
            taken.rating,
            taken.unlistable_because,
            items.item_index + 1 as popularity_place,
            pow(
                greatest(coalesce(items.user_count, 0), 1),
                -{{ var("eval_propensity_power") | float }}
            ) as item_weight
        from taken
        left join items on taken.item_id = items.item_id
        left join newcomers on taken.user_id = newcomers.user_id
        left join
            user_items
            on taken.user_id = user_items.user_id
            and taken.item_id = user_items.item_id
        {% if var("eval_truth") == "listable" %}
            where taken.unlistable_because is null
        {% endif %}
    )

select *
from final
