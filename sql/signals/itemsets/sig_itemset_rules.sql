-- One row per (antecedent_item_ids, consequent_item_id): who takes all of X takes y.
-- confidence = baskets with X and y / baskets with X, at least min_itemset_confidence.
{{ config(enabled=(var("max_itemset_size") | int) > 2) }}
with
    itemsets as (select * from {{ ref("sig_itemsets") }}),
    items as (select * from {{ ref("int_items") }}),

    split as ({{ leave_one_out("itemsets") }}),

    -- every part of a frequent itemset is frequent, so the join finds it
    measured as (
        select
            split.antecedent_item_ids,
            split.consequent_item_id,
            antecedents.item_count as antecedent_size,
            split.itemset_count,
            antecedents.itemset_count as antecedent_count,
            items.basket_count as consequent_count,
            split.basket_count,
            split.support,
            {{ ratio("split.itemset_count", "antecedents.itemset_count") }}
            as confidence,
            {{ ratio("items.basket_count", "split.basket_count") }}
            as consequent_support
        from split
        inner join
            itemsets as antecedents on split.antecedent_item_ids = antecedents.item_ids
        inner join items on split.consequent_item_id = items.item_id
        where items.is_eligible
    ),

    final as (
        select
            antecedent_item_ids,
            consequent_item_id,
            antecedent_size,
            itemset_count,
            antecedent_count,
            consequent_count,
            basket_count,
            support,
            confidence,
            confidence / nullif(consequent_support, 0) as lift
        from measured
        where confidence >= {{ var("min_itemset_confidence") | float }}
    )

select *
from final
