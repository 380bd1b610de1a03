-- One row per (item_id, item_rank): what goes with an item, never empty.
-- Strict rules first, then relaxed ones, then popular items; rule_pass says which.
with
    items as (select * from {{ ref("int_items") }}),
    rules as (select * from {{ ref("sig_rules") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),

    chosen as (
        select *
        from rules
        where leverage > 0 and rule_rank <= {{ var("complements_per_item") | int }}
    ),

    counted as (
        select antecedent_index, count(*) as rule_count
        from chosen
        group by antecedent_index
    ),

    filled as (
        select
            items.item_index as antecedent_index,
            popularity.item_index as consequent_index,
            coalesce(counted.rule_count, 0) + row_number() over (
                partition by items.item_index order by popularity.popularity_rank
            ) as list_rank
        from items
        inner join
            popularity
            on popularity.popularity_rank <= {{ var("complements_per_item") | int }} + 1
            and popularity.item_index <> items.item_index
        left join counted on items.item_index = counted.antecedent_index
        left join
            chosen
            on items.item_index = chosen.antecedent_index
            and popularity.item_index = chosen.consequent_index
        where chosen.consequent_index is null
    ),

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
        from chosen
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
        from filled
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
        where united.list_rank <= {{ var("complements_per_item") | int }}
    )

select *
from final
