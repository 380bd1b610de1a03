-- One row per (basket_index, item_index): an item is in a basket once, however often.
-- An item that someone only saw or disliked at weight 0 or less is not in it.
-- Stored basket by basket, so that sig_item_pairs joins rows that lie together.
with
    events as (select * from {{ ref("int_events") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select baskets.basket_index, items.item_index
        from events
        inner join baskets on events.basket_id = baskets.basket_id
        inner join items on events.item_id = items.item_id
        where events.event_weight > 0
        group by baskets.basket_index, items.item_index
        order by baskets.basket_index, items.item_index
    )

select *
from final
