-- One row per (item_id, region, item_rank): what goes with an item, everywhere and in
-- each region that availability or restrictions name, or var rule_region.
-- Strict rules, then relaxed ones, then popular items; rule_pass says which.
with
    items as (select * from {{ ref("int_items") }}),
    rules as (select * from {{ ref("sig_complement_rules") }}),
    popular as (select * from {{ ref("sig_complement_fill") }}),

    united as (
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
            list_rank
        from rules
        union all
        select
            region,
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
            case
                when united.rule_pass <> 'popular'
                then concat('goes with ', items.title)
                else 'popular; nothing is known to go with it'
            end as reason,
            united.list_rank as item_rank
        from united
        inner join items on united.antecedent_index = items.item_index
        inner join
            items as complements on united.consequent_index = complements.item_index
    )

select *
from final
