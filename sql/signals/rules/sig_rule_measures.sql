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
            {{ two_by_two("pair_count") }}
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
