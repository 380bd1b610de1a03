-- One row per (region, antecedent_item_id, consequent_item_id): a rule as it holds
-- there.
-- confidence = (n_xy + m * confidence of sig_rules) / (n_x + m), n counted in the
-- region, m = region_prior_baskets: a beta prior around the overall rule.
{{ config(enabled=var("rule_region") is not none) }}
{% set prior = var("region_prior_baskets") | float %}
with
    rules as (select * from {{ ref("sig_rules") }}),
    pairs as (select * from {{ ref("sig_region_pairs") }}),
    region_items as (select * from {{ ref("sig_region_items") }}),
    scopes as (select * from {{ ref("elig_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    counted as (
        select
            rules.antecedent_item_id,
            rules.consequent_item_id,
            rules.antecedent_index,
            rules.consequent_index,
            rules.rule_pass,
            rules.confidence as overall_confidence,
            rules.confidence / rules.lift as overall_share,
            antecedents.region,
            coalesce(pairs.pair_count, 0) as pair_count,
            antecedents.item_count as antecedent_count,
            consequents.item_count as consequent_count,
            antecedents.basket_count,
            coalesce(pairs.pair_weight, 0) as pair_weight,
            antecedents.item_weight as antecedent_weight,
            consequents.item_weight as consequent_weight,
            antecedents.region_weight
        from rules
        inner join
            region_items as antecedents
            on rules.antecedent_index = antecedents.item_index
        inner join
            region_items as consequents
            on antecedents.region = consequents.region
            and rules.consequent_index = consequents.item_index
        left join
            scopes on scopes.user_id is null and antecedents.region = scopes.region
        inner join
            scope_items
            on coalesce(scopes.scope_index, 0) = scope_items.scope_index
            and rules.consequent_index = scope_items.item_index
        left join
            pairs
            on antecedents.region = pairs.region
            and rules.antecedent_index = pairs.antecedent_index
            and rules.consequent_index = pairs.consequent_index
        where antecedents.item_count >= {{ var("min_item_baskets") | int }}
    ),

    smoothed as (
        select
            *,
            (pair_weight + {{ prior }} * overall_confidence)
            / (antecedent_weight + {{ prior }}) as confidence,
            (consequent_weight + {{ prior }} * overall_share)
            / (region_weight + {{ prior }}) as consequent_share,
            antecedent_weight + {{ prior }} as weight
        from counted
    ),

    weighed as (
        select
            *,
            {{ log_lift("weight * confidence", "weight * consequent_share", "weight") }}
            as log_lift
        from smoothed
        where confidence > consequent_share
    ),

    final as (
        select
            region,
            antecedent_item_id,
            consequent_item_id,
            antecedent_index,
            consequent_index,
            pair_count,
            antecedent_count,
            consequent_count,
            basket_count,
            {{ ratio("pair_weight", "region_weight") }} as support,
            confidence,
            confidence / consequent_share as lift,
            {{ ratio("antecedent_weight", "region_weight") }}
            * (confidence - consequent_share) as leverage,
            log_lift,
            rule_pass,
            row_number() over (
                partition by region, antecedent_index
                order by log_lift desc, consequent_index
            ) as rule_rank
        from weighed
    )

select *
from final
