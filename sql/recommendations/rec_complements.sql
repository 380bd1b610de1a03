-- One row per (item_id, item_rank): what goes with an item, never empty.
-- Strict rules first, then relaxed ones, then popular items; rule_pass says which.
with
    items as (select * from {{ ref("int_items") }}),
    rules as (select * from {{ ref("sig_rules") }}),
    popular as (select * from {{ ref("sig_complement_fill") }}),

    united as (
        select
            antecedent_index,
            consequent_index,
            pair_count,
            support,
            confidence,
            lift,
            rule_pass,
            rule_rank as list_rank
        from rules
        where leverage > 0 and rule_rank <= {{ var("complements_per_item") | int }}
        union all
        select
            antecedent_index,
            consequent_index,
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
            complements.item_id as complement_item_id,
            items.title as item_title,
            complements.title as complement_title,
            complements.category as complement_category,
            united.pair_count,
            united.support,
            united.confidence,
            united.lift,
            united.rule_pass,
            united.list_rank as item_rank
        from united
        inner join items on united.antecedent_index = items.item_index
        inner join
            items as complements on united.consequent_index = complements.item_index
    )

select *
from final
