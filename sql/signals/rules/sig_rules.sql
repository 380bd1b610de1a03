-- One row per (antecedent_item_id, consequent_item_id): who takes x also takes y.
-- Agrawal, Imielinski and Swami 1993; measures as in Hahsler's overview for arules. The
-- order is that of log_lift, evidence above chance.
with
    items as (select * from {{ ref("int_items") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    weights as (select * from {{ ref("sig_item_weights") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    pairs as (
        select *
        from {{ ref("sig_item_pairs") }}
        where
            {{ ratio("pair_weight", "(select max(total_weight) from weights)") }}
            >= {{ var("min_support") | float * var("relaxed_support_share") | float }}
    ),

    directed as (
        select
            item_index as antecedent_index,
            other_item_index as consequent_index,
            pair_count,
            pair_weight
        from pairs
        union all
        select other_item_index, item_index, pair_count, pair_weight
        from pairs
    ),

    sold as (
        select items.*, weights.item_weight, weights.total_weight
        from items
        inner join weights on items.item_index = weights.item_index
    ),

    counted as (
        select
            antecedents.item_id as antecedent_item_id,
            consequents.item_id as consequent_item_id,
            directed.antecedent_index,
            directed.consequent_index,
            directed.pair_count,
            antecedents.basket_count as antecedent_count,
            consequents.basket_count as consequent_count,
            reference.basket_count,
            directed.pair_weight,
            antecedents.item_weight as antecedent_weight,
            consequents.item_weight as consequent_weight,
            consequents.total_weight
        from directed
        inner join
            sold as antecedents on directed.antecedent_index = antecedents.item_index
        inner join
            sold as consequents on directed.consequent_index = consequents.item_index
        inner join
            scope_items
            on directed.consequent_index = scope_items.item_index
            and scope_items.scope_index = 0
            and scope_items.is_eligible
        cross join reference
    ),

    measured as ({{ rules_with_lift("counted") }}),

    ranked as (
        select
            *,
            row_number() over (
                partition by antecedent_index
                order by
                    leverage > 0 desc, rule_pass desc, log_lift desc, consequent_index
            ) as rule_rank
        from measured
    ),

    final as (
        select
            antecedent_item_id,
            consequent_item_id,
            antecedent_index,
            consequent_index,
            pair_count,
            antecedent_count,
            consequent_count,
            basket_count,
            pair_weight,
            support,
            confidence,
            lift,
            leverage,
            log_lift,
            conviction,
            rule_pass,
            rule_rank
        from ranked
        where rule_pass = 'strict' or rule_rank <= {{ var("rules_per_item") | int }}
    )

select *
from final
