-- A level of rule_levels that no item stands on would silently have no rules.
{{ config(enabled=(var("rule_levels") | length) > 0) }}
with
    nodes as (select * from {{ ref("sig_nodes") }}),
    asked as ({{ rule_level_pairs() }}),

    levels as (
        select antecedent_level as node_level
        from asked
        union
        select consequent_level
        from asked
    ),

    final as (
        select
            concat(
                'var rule_levels names level ',
                levels.node_level,
                ', on which no sold item stands; a level is item, category ',
                'or a name under attributes of var items'
            ) as problem
        from levels
        left join nodes on levels.node_level = nodes.node_level
        where nodes.node_level is null
    )

select *
from final
