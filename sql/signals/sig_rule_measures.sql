-- One row per (antecedent_item_id, consequent_item_id) of sig_rules: how strong it is.
-- Every measure comes from the four counts, as in the arules overview (Hahsler), also
-- where rules decay.
{{ config(materialized="view") }}
with
    rules as (select * from {{ ref("sig_rules") }}),

    counted as (
        select
            antecedent_item_id,
            consequent_item_id,
            antecedent_index,
            consequent_index,
            cast(pair_count as double) as has_both,
            cast(antecedent_count as double) as has_x,
            cast(consequent_count as double) as has_y,
            cast(basket_count as double) as total
        from rules
    ),

    final as (
        select
            antecedent_item_id,
            consequent_item_id,
            antecedent_index,
            consequent_index,
            {{ rule_measures() }}
        from counted
    )

select *
from final
