-- One row per (region, antecedent_index, consequent_index): the rules that fill lists
-- of complements, the strongest first, complements_per_item at most.
-- In region all the rules of everywhere; in a region of elig_region_items those of them
-- whose right side may be shown there; with var rule_region, a region's own rules where
-- it has any for the item.
{% set by_region = var("rule_region") is not none %}
with
    rules as (select * from {{ ref("sig_rules") }}),
    region_items as (select * from {{ ref("elig_region_items") }}),
    {% if by_region %}
        region_rules as (select * from {{ ref("sig_region_rules") }}),

        ruled as (
            select region, antecedent_index
            from region_rules
            group by region, antecedent_index
        ),
    {% endif %}

    united as (
        select
            region_items.region,
            rules.antecedent_index,
            rules.consequent_index,
            rules.pair_count,
            rules.support,
            rules.confidence,
            rules.lift,
            rules.log_lift,
            rules.rule_pass,
            rules.rule_rank
        from rules
        inner join
            region_items
            on rules.consequent_index = region_items.item_index
            and region_items.is_eligible
        {% if by_region %}
            left join
                ruled
                on region_items.region = ruled.region
                and rules.antecedent_index = ruled.antecedent_index
        {% endif %}
        where rules.leverage > 0
        {% if by_region %}
                and ruled.region is null
            union all
            select
                region,
                antecedent_index,
                consequent_index,
                pair_count,
                support,
                confidence,
                lift,
                log_lift,
                rule_pass,
                rule_rank
            from region_rules
        {% endif %}
    ),

    final as (
        select
            region,
            antecedent_index,
            consequent_index,
            pair_count,
            support,
            confidence,
            lift,
            log_lift,
            rule_pass,
            row_number() over (
                partition by region, antecedent_index order by rule_rank
            ) as list_rank
        from united
        qualify list_rank <= {{ var("complements_per_item") | int }}
    )

select *
from final
