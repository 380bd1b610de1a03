-- One row per (item_id, region, item_rank): what goes with an item, everywhere and in
-- each region that availability or restrictions name, or var rule_region.
-- Strict rules, then relaxed ones; rec_complement_fill goes on where they end.
with
    items as (select * from {{ ref("int_items") }}),
    rules as (select * from {{ ref("sig_complement_rules") }}),

    final as (
        select
            items.item_id,
            rules.region,
            complements.item_id as related_item_id,
            items.title as item_title,
            complements.title as related_title,
            complements.category as related_category,
            rules.pair_count,
            rules.support,
            rules.confidence,
            rules.lift,
            rules.log_lift,
            rules.rule_pass,
            concat('goes with ', items.title) as reason,
            rules.list_rank as item_rank,
            {{ run_stamp() }}
        from rules
        inner join items on rules.antecedent_index = items.item_index
        inner join
            items as complements on rules.consequent_index = complements.item_index
    )

select *
from final
