-- One row per (antecedent_level, antecedent, consequent_level, consequent): who takes
-- something of x also takes something of y.
-- Measures, thresholds and passes of sig_rules; levels are the pairs of rule_levels.
{{ config(enabled=(var("rule_levels") | length) > 0) }}
with
    pairs as (select * from {{ ref("sig_node_pairs") }}),
    nodes as (select * from {{ ref("sig_nodes") }}),
    weights as (select * from {{ ref("int_basket_weights") }}),

    total as (
        select
            count(*) as basket_count, {{ basket_sum("basket_weight") }} as total_weight
        from weights
    ),

    counted as (
        select
            pairs.antecedent_index,
            pairs.consequent_index,
            antecedents.node_level as antecedent_level,
            antecedents.node_name as antecedent,
            consequents.node_level as consequent_level,
            consequents.node_name as consequent,
            pairs.pair_count,
            antecedents.basket_count as antecedent_count,
            consequents.basket_count as consequent_count,
            total.basket_count,
            pairs.pair_weight,
            antecedents.node_weight as antecedent_weight,
            consequents.node_weight as consequent_weight,
            total.total_weight
        from pairs
        inner join
            nodes as antecedents on pairs.antecedent_index = antecedents.node_index
        inner join
            nodes as consequents on pairs.consequent_index = consequents.node_index
        cross join total
        where consequents.is_eligible
    ),

    measured as ({{ rules_with_lift("counted") }}),

    ranked as (
        select
            *,
            row_number() over (
                partition by antecedent_index, consequent_level
                order by
                    leverage > 0 desc, rule_pass desc, leverage desc, consequent_index
            ) as rule_rank
        from measured
    ),

    final as (
        select
            antecedent_level,
            antecedent,
            consequent_level,
            consequent,
            pair_count,
            antecedent_count,
            consequent_count,
            basket_count,
            pair_weight,
            support,
            confidence,
            lift,
            leverage,
            conviction,
            rule_pass,
            rule_rank
        from ranked
        where rule_pass = 'strict' or rule_rank <= {{ var("rules_per_item") | int }}
    )

select *
from final
