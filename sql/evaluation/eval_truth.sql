-- One row per (user_id, item_id): what users took in the holdout, eligible items only.
-- item_weight = users of the item to the power of -eval_propensity_power: Steck 2011.
{{ config(enabled=var("as_of") is not none) }}
with
    holdout as (select * from {{ ref("int_holdout") }}),
    newcomers as (select * from {{ ref("eval_newcomers") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    final as (
        select
            holdout.user_id,
            holdout.item_id,
            newcomers.user_id is not null as is_newcomer,
            {{ is_repeat("user_items") }} as is_repeat,
            holdout.weight,
            holdout.rating,
            items.item_index + 1 as popularity_place,
            pow(
                greatest(items.user_count, 1),
                -{{ var("eval_propensity_power") | float }}
            ) as item_weight
        from holdout
        inner join items on holdout.item_id = items.item_id
        left join newcomers on holdout.user_id = newcomers.user_id
        left join
            user_items
            on holdout.user_id = user_items.user_id
            and holdout.item_id = user_items.item_id
        where items.is_eligible
    )

select *
from final
