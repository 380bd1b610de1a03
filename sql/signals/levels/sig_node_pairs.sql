-- One row per (antecedent_index, consequent_index): baskets holding both nodes.
-- A node and one that holds all its items are no pair: the one implies the other
-- (Srikant and Agrawal 1995).
{{ config(enabled=(var("rule_levels") | length) > 0) }}
with
    item_nodes as (select * from {{ ref("int_item_nodes") }}),
    basket_nodes as (select * from {{ ref("int_basket_nodes") }}),
    nodes as (select * from {{ ref("sig_nodes") }}),
    weights as (select * from {{ ref("int_basket_weights") }}),
    asked as ({{ rule_level_pairs() }}),

    frequent as (
        select
            basket_nodes.basket_index,
            basket_nodes.node_index,
            basket_nodes.node_level,
            weights.basket_weight
        from basket_nodes
        inner join nodes on basket_nodes.node_index = nodes.node_index
        inner join weights on basket_nodes.basket_index = weights.basket_index
        where nodes.basket_count >= {{ var("min_pair_count") | int }}
    ),

    counted as (
        select
            one.node_index as antecedent_index,
            other.node_index as consequent_index,
            count(*) as pair_count,
            {{ basket_sum("one.basket_weight") }} as pair_weight
        from frequent as one
        inner join asked on one.node_level = asked.antecedent_level
        inner join
            frequent as other
            on one.basket_index = other.basket_index
            and asked.consequent_level = other.node_level
        group by one.node_index, other.node_index
        having count(*) >= {{ var("min_pair_count") | int }}
    ),

    overlapping as (
        select
            one.node_index as antecedent_index,
            other.node_index as consequent_index,
            count(*) as item_count
        from item_nodes as one
        inner join item_nodes as other on one.item_index = other.item_index
        group by one.node_index, other.node_index
    ),

    nested as (
        select overlapping.antecedent_index, overlapping.consequent_index
        from overlapping
        inner join nodes as one on overlapping.antecedent_index = one.node_index
        inner join nodes as other on overlapping.consequent_index = other.node_index
        where overlapping.item_count = least(one.item_count, other.item_count)
    ),

    final as (
        select
            counted.antecedent_index,
            counted.consequent_index,
            counted.pair_count,
            counted.pair_weight
        from counted
        left join
            nested
            on counted.antecedent_index = nested.antecedent_index
            and counted.consequent_index = nested.consequent_index
        where nested.antecedent_index is null
    )

select *
from final
