-- One row per (antecedent_item_ids, consequent_item_id) of sig_itemset_rules:
-- how strong a rule is, and is it chance?
-- Measures as of sig_rule_measures and sig_rule_tests. improvement = confidence - the
-- largest of the same rule with fewer items on the left, down to none: Bayardo, Agrawal
-- and Gunopulos 1999. Fisher's exact test: the hypergeometric tail.
{{ config(enabled=(var("max_itemset_size") | int) > 2) }}
with
    rules as (select * from {{ ref("sig_itemset_rules") }}),
    itemsets as (select * from {{ ref("sig_itemsets") }}),

    counted as (
        select
            antecedent_item_ids,
            consequent_item_id,
            confidence,
            {{ two_by_two("itemset_count") }}
        from rules
    ),

    split as ({{ leave_one_out("itemsets") }}),

    shorter as (
        select
            split.consequent_item_id,
            split.antecedent_item_ids,
            {{ ratio("split.itemset_count", "parts.itemset_count") }} as confidence
        from split
        inner join itemsets as parts on split.antecedent_item_ids = parts.item_ids
    ),

    simpler as (
        select
            rules.antecedent_item_ids,
            rules.consequent_item_id,
            max(shorter.confidence) as confidence
        from rules
        inner join
            shorter
            on rules.consequent_item_id = shorter.consequent_item_id
            and len(shorter.antecedent_item_ids) < rules.antecedent_size
            and len(
                list_filter(
                    shorter.antecedent_item_ids,
                    lambda item_id:list_contains(rules.antecedent_item_ids, item_id)
                )
            )
            = len(shorter.antecedent_item_ids)
        group by rules.antecedent_item_ids, rules.consequent_item_id
    ),

    final as (
        select
            counted.antecedent_item_ids,
            counted.consequent_item_id,
            {{ rule_measures() }},
            counted.confidence - greatest(
                coalesce(simpler.confidence, 0), counted.has_y / counted.total
            ) as improvement,
            {{ chi_square() }} as chi_square,
            {{ log_likelihood_ratio() }} as log_likelihood_ratio,
            chi_square_sf({{ log_likelihood_ratio() }}, 1) as p_value,
            hypergeometric_sf(has_both - 1, total, has_x, has_y) as fisher_p_value
        from counted
        left join
            simpler
            on counted.antecedent_item_ids = simpler.antecedent_item_ids
            and counted.consequent_item_id = simpler.consequent_item_id
    )

select *
from final
