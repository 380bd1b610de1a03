-- One row per (region, antecedent_index, consequent_index): a region's baskets with
-- both sides of a rule of sig_rules.
{{ config(enabled=var("rule_region") is not none) }}
with
    basket_items as (select * from {{ ref("int_basket_items") }}),
    regions as (select * from {{ ref("int_basket_regions") }}),
    rules as (select * from {{ ref("sig_rules") }}),

    -- one key for both sides: baskets are joined to themselves first, then to rules
    keyed as (
        select
            antecedent_index,
            consequent_index,
            antecedent_index * cast(4294967296 as bigint) + consequent_index as rule_key
        from rules
    ),

    together as (
        select
            one.basket_index,
            one.item_index * cast(4294967296 as bigint) + other.item_index as rule_key
        from basket_items as one
        inner join
            basket_items as other
            on one.basket_index = other.basket_index
            and one.item_index <> other.item_index
    ),

    final as (
        select
            regions.region,
            keyed.antecedent_index,
            keyed.consequent_index,
            count(*) as pair_count,
            {{ basket_sum("regions.basket_weight") }} as pair_weight
        from together
        inner join keyed on together.rule_key = keyed.rule_key
        inner join regions on together.basket_index = regions.basket_index
        group by regions.region, keyed.antecedent_index, keyed.consequent_index
    )

select *
from final
