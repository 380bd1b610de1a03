-- One row per sampled user and item that weighs most in what they took: what the
-- lists are
-- made from, 20 at most. Read by `recsql report`.
with
    sampled as ({{ sampled_users() }}),

    user_items as (select * from {{ ref("int_user_items") }}),
    items as (select * from {{ ref("int_items") }}),

    ranked as (
        select
            sampled.user_text as user_id,
            user_items.item_id,
            user_items.basket_count,
            user_items.last_at,
            user_items.weight,
            row_number() over (
                partition by user_items.user_id
                order by user_items.weight desc, user_items.item_index
            ) as item_place
        from user_items
        inner join sampled on user_items.user_id = sampled.user_id
        qualify item_place <= 20
    ),

    final as (
        select
            ranked.user_id,
            ranked.item_place,
            {{ id_text("ranked.item_id") }} as item_id,
            left(items.title, 120) as item_title,
            left(items.category, 80) as category,
            ranked.basket_count,
            cast(ranked.last_at as date) as last_on,
            ranked.weight
        from ranked
        inner join items on ranked.item_id = items.item_id
    )

select *
from final
order by user_id, item_place
