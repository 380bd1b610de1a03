-- One row per (session_number, item_index): the latest orders of several items, from 1,
-- the latest, and the eligible items in them.
-- item_place: how many of these orders, from the latest on, have the item up to this
-- one.
{% set is_source = "session_knn" in var("candidate_sources") %}
{{ config(enabled=var("serving") or is_source) }}
with
    baskets as (select * from {{ ref("int_baskets") }}),
    basket_items as (select * from {{ ref("int_basket_items") }}),
    items as (select * from {{ ref("int_items") }}),

    latest as (
        select
            basket_index,
            user_id,
            basket_at,
            row_number() over (
                order by basket_at desc, basket_index desc
            ) as session_number
        from baskets
        where is_order and item_count > 1
        qualify session_number <= {{ var("recent_sessions") | int }}
    ),

    final as (
        select
            latest.session_number,
            items.item_index,
            latest.user_id,
            latest.basket_at as session_at,
            row_number() over (
                partition by items.item_index order by latest.session_number
            ) as item_place,
            count(*) over (partition by latest.session_number) as item_count
        from latest
        inner join basket_items on latest.basket_index = basket_items.basket_index
        inner join items on basket_items.item_index = items.item_index
        where items.is_eligible
    )

select *
from final
