-- One row per (basket_index, node_index): a node is in a basket once, however many of
-- its items are.
{{ config(enabled=(var("rule_levels") | length) > 0) }}
with
    basket_items as (select * from {{ ref("int_basket_items") }}),
    nodes as (select * from {{ ref("int_item_nodes") }}),

    final as (
        select basket_items.basket_index, nodes.node_index, nodes.node_level
        from basket_items
        inner join nodes on basket_items.item_index = nodes.item_index
        group by basket_items.basket_index, nodes.node_index, nodes.node_level
    )

select *
from final
