-- One row per (region, item_index): the region's baskets, and those that hold the item.
{{ config(enabled=var("rule_region") is not none) }}
with
    basket_items as (select * from {{ ref("int_basket_items") }}),
    regions as (select * from {{ ref("int_basket_regions") }}),

    counted as (
        select
            regions.region,
            basket_items.item_index,
            count(*) as item_count,
            {{ basket_sum("regions.basket_weight") }} as item_weight
        from basket_items
        inner join regions on basket_items.basket_index = regions.basket_index
        group by regions.region, basket_items.item_index
    ),

    totals as (
        select
            region,
            count(*) as basket_count,
            {{ basket_sum("basket_weight") }} as region_weight
        from regions
        group by region
    ),

    final as (
        select
            counted.region,
            counted.item_index,
            counted.item_count,
            totals.basket_count,
            counted.item_weight,
            totals.region_weight
        from counted
        inner join totals on counted.region = totals.region
    )

select *
from final
