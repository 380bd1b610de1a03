-- One row per item that goes with an item, best first: its rules, then popular items.
-- @get /items/{item}/complements
-- @param item item: The item's id.
-- @param region text = all: A region of the data; all, or one that no
-- rule names: everywhere.
with
    complements as (select * from {{ ref("rec_complements") }}),
    popular as (select * from {{ ref("rec_complement_fill") }}),
    pages as (select * from {{ ref("rec_item_page") }}),
    regions as (select region from {{ ref("rec_complements") }}),

    asked as (
        select coalesce(max(region), 'all') as region
        from regions
        where region = $region
    ),

    listed as (
        select
            related_item_id as item_id,
            related_title as item_title,
            related_category as category,
            log_lift as score,
            lift,
            confidence,
            pair_count,
            rule_pass as source,
            reason,
            item_rank as place
        from complements
        where complements.item_id = $item and region = (select region from asked)
    ),

    united as (
        select *
        from listed
        union all
        select
            item_id,
            item_title,
            category,
            null,
            null,
            null,
            null,
            'popular',
            reason,
            {{ var("complements_per_item") | int }} + item_rank
        from popular
        where
            region = (select region from asked)
            and item_id <> $item
            and item_id not in (select item_id from listed)
            and exists (select 1 from pages where pages.item_id = $item)
    ),

    final as (
        select
            item_id,
            item_title,
            category,
            score,
            lift,
            confidence,
            pair_count,
            source,
            reason,
            row_number() over (order by place) as item_rank
        from united
        qualify item_rank <= {{ var("complements_per_item") | int }}
    )

select *
from final
order by item_rank
