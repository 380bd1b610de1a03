-- One row per sampled item with what is known of it. Read by `recsql report`.
with
    sampled as ({{ sampled_items() }}),

    items as (select * from {{ ref("int_items") }}),

    final as (
        select
            sampled.item_text as item_id,
            left(items.title, 120) as item_title,
            left(items.category, 80) as category,
            items.user_count,
            items.basket_count,
            sampled.shown_count,
            items.last_at,
            items.is_eligible,
            items.is_new
        from sampled
        inner join items on sampled.item_id = items.item_id
    )

select *
from final
order by shown_count desc, item_id
