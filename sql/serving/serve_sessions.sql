-- One row per (session_number, item_id): the latest orders and what was in them, from
-- 1,
-- the latest. Neighbours of running sessions, as of VMIS-kNN (Kersbergen et al. 2022).
{{ config(enabled=var("serving")) }}
with
    baskets as (select * from {{ ref("int_baskets") }}),
    basket_items as (select * from {{ ref("int_basket_items") }}),
    items as (select * from {{ ref("int_items") }}),

    latest as (
        select
            basket_index,
            basket_at,
            row_number() over (
                order by basket_at desc, basket_index desc
            ) as session_number
        from baskets
        where is_order and item_count > 1
        qualify session_number <= {{ var("serving_sessions") | int }}
    ),

    final as (
        select latest.session_number, items.item_id, latest.basket_at as session_at
        from latest
        inner join basket_items on latest.basket_index = basket_items.basket_index
        inner join items on basket_items.item_index = items.item_index
        where items.is_eligible
    )

select *
from final
