-- One row per (user_id, item_id): what known users took in the holdout, eligible
-- items only.
-- item_weight = users of the item to the power of -eval_propensity_power: Steck 2011.
{{ config(enabled=var("as_of") is not none) }}
with
    holdout as (select * from {{ ref("int_holdout") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    final as (
        select
            holdout.user_id,
            holdout.item_id,
            user_items.item_id is not null as is_repeat,
            holdout.weight,
            holdout.rating,
            items.item_index + 1 as popularity_place,
            pow(
                greatest(items.user_count, 1),
                -{{ var("eval_propensity_power") | float }}
            ) as item_weight
        from holdout
        inner join users on holdout.user_id = users.user_id
        inner join items on holdout.item_id = items.item_id
        left join
            user_items
            on holdout.user_id = user_items.user_id
            and holdout.item_id = user_items.item_id
        where users.order_count > 0 and items.is_eligible
    )

select *
from final
