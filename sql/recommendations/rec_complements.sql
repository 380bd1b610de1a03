-- One row per (item_id, region, item_rank): what goes with an item, everywhere and,
-- with var rule_region, in a region.
-- Everywhere: strict rules, then relaxed ones, then popular items; rule_pass says
-- which.
-- In a region: the same rules as they hold there, the strongest first.
{% set wanted = var("complements_per_item") | int %}
with
    items as (select * from {{ ref("int_items") }}),
    rules as (select * from {{ ref("sig_rules") }}),
    popular as (select * from {{ ref("sig_complement_fill") }}),
    {% if var("rule_region") is not none %}
        region_rules as (select * from {{ ref("sig_region_rules") }}),
    {% endif %}

    united as (
        select
            'all' as region,
            antecedent_index,
            consequent_index,
            pair_count,
            support,
            confidence,
            lift,
            log_lift,
            rule_pass,
            rule_rank as list_rank
        from rules
        where leverage > 0 and rule_rank <= {{ wanted }}
        union all
        select
            'all',
            antecedent_index,
            consequent_index,
            null,
            null,
            null,
            null,
            null,
            'popular',
            list_rank
        from popular
        {% if var("rule_region") is not none %}
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
            where rule_rank <= {{ wanted }}
        {% endif %}
    ),

    final as (
        select
            items.item_id,
            united.region,
            complements.item_id as complement_item_id,
            items.title as item_title,
            complements.title as complement_title,
            complements.category as complement_category,
            united.pair_count,
            united.support,
            united.confidence,
            united.lift,
            united.log_lift,
            united.rule_pass,
            united.list_rank as item_rank
        from united
        inner join items on united.antecedent_index = items.item_index
        inner join
            items as complements on united.consequent_index = complements.item_index
    )

select *
from final
