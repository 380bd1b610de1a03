-- One row per (basket_index, item_index): an item is in a basket once, however often.
-- Not in it: baskets of more than max_basket_items (see mon_giant_baskets), and what
-- was not taken.
-- Stored basket by basket, so that a join of it with itself reads rows that lie
-- together.
with
    contents as (select * from {{ ref("int_basket_contents") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select contents.basket_index, items.item_index
        from contents
        inner join items on contents.item_code = items.item_code
        where contents.until_at is null and contents.is_paired
        order by contents.basket_index, items.item_index
    )

select *
from final
