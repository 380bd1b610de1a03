-- One row per (antecedent_item_id, consequent_item_id): who takes x also takes y.
-- Agrawal, Imielinski and Swami 1993; measures as in Hahsler's overview for arules.
with
    pairs as (select * from {{ ref("sig_item_pairs") }}),
    items as (select * from {{ ref("int_items") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    directed as (
        select
            item_index as antecedent_index,
            other_item_index as consequent_index,
            pair_count
        from pairs
        union all
        select other_item_index, item_index, pair_count
        from pairs
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
            reference.basket_count
        from directed
        inner join
            items as antecedents on directed.antecedent_index = antecedents.item_index
        inner join
            items as consequents on directed.consequent_index = consequents.item_index
        cross join reference
        where consequents.is_eligible
    ),

    measured as (
        select
            *,
            {{ ratio("pair_count", "basket_count") }} as support,
            {{ ratio("pair_count", "antecedent_count") }} as confidence,
            {{ ratio("consequent_count", "basket_count") }} as consequent_support
        from counted
    ),

    passed as (
        select
            *,
            confidence / nullif(consequent_support, 0) as lift,
            support
            - {{ ratio("antecedent_count", "basket_count") }}
            * consequent_support as leverage,
            (1 - consequent_support) / nullif(1 - confidence, 0) as conviction,
            case
                when support >= {{ var("min_support") | float }}
                then 'strict'
                else 'relaxed'
            end as rule_pass
        from measured
        where
            support
            >= {{ var("min_support") | float * var("relaxed_support_share") | float }}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by antecedent_index
                order by
                    leverage > 0 desc, rule_pass desc, leverage desc, consequent_index
            ) as rule_rank
        from passed
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
