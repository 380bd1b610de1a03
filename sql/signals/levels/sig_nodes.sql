-- One row per node of rule_levels that is in a basket: its items and its baskets.
{{ config(enabled=(var("rule_levels") | length) > 0) }}
with
    item_nodes as (select * from {{ ref("int_item_nodes") }}),
    basket_nodes as (select * from {{ ref("int_basket_nodes") }}),
    weights as (select * from {{ ref("int_basket_weights") }}),

    described as (
        select
            node_index,
            node_level,
            node_name,
            bool_or(is_eligible) as is_eligible,
            count(*) as item_count
        from item_nodes
        group by node_index, node_level, node_name
    ),

    counted as (
        select
            basket_nodes.node_index,
            count(*) as basket_count,
            {{ basket_sum("weights.basket_weight") }} as node_weight
        from basket_nodes
        inner join weights on basket_nodes.basket_index = weights.basket_index
        group by basket_nodes.node_index
    ),

    final as (
        select
            described.node_index,
            described.node_level,
            described.node_name,
            described.is_eligible,
            described.item_count,
            counted.basket_count,
            counted.node_weight
        from described
        inner join counted on described.node_index = counted.node_index
    )

select *
from final
