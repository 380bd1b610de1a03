-- One row per (user_id, item_id): what a user took, saw or disliked, and its weight
-- now.
{{ config(enabled=var("serving")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select
            user_items.user_id,
            user_items.item_id,
            items.title as item_title,
            items.category,
            user_items.is_taken,
            {{ is_repeat("user_items") }} as is_repeat,
            user_items.basket_count,
            coalesce(user_items.last_taken_at, user_items.last_at) as last_at,
            {{ history_reason("user_items") }} as what_happened,
            user_items.weight
        from user_items
        inner join items on user_items.item_id = items.item_id
    )

select *
from final
