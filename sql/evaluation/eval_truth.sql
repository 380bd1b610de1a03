-- One row per (user_id, item_id): what known users took in the holdout, eligible
-- items only.
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
            user_items.item_id is not null as is_repeat
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
