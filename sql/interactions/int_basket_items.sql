-- One row per (basket_index, item_index): an item is in a basket once, however often.
-- Not in it: baskets of more than max_basket_items (see mon_giant_baskets), and what
-- weighs 0 or less.
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
        where
            events.event_weight > 0
            {% if var("max_basket_items") is not none %}
                and baskets.item_count <= {{ var("max_basket_items") | int }}
            {% endif %}
        group by baskets.basket_index, items.item_index
        order by baskets.basket_index, items.item_index
    )

select *
from final
