-- One row per (item_index, node_level): where an item stands on a level of rule_levels.
-- A node is an item, or all items that share a category or another attribute.
{{ config(enabled=(var("rule_levels") | length) > 0) }}
with
    items as (select * from {{ ref("int_items") }}),
    attributes as (select * from {{ ref("stg_item_attributes") }}),
    asked as ({{ rule_level_pairs() }}),

    levels as (
        select antecedent_level as node_level
        from asked
        union
        select consequent_level
        from asked
    ),

    named as (
        select
            item_index,
            'item' as node_level,
            cast(item_id as varchar) as node_name,
            is_eligible
        from items
        union all
        select items.item_index, attributes.attribute, attributes.attribute_value, true
        from attributes
        inner join items on attributes.item_id = items.item_id
    ),

    final as (
        select
            named.item_index,
            named.node_level,
            named.node_name,
            named.is_eligible,
            cast(
                dense_rank() over (order by named.node_level, named.node_name)
                - 1 as integer
            ) as node_index
        from named
        inner join levels on named.node_level = levels.node_level
    )

select *
from final
