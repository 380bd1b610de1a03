-- One row per item that goes with an item, best first: its rules, then popular items.
-- @get /items/{item}/complements
-- @param item text: The item's id.
-- @param region text = all: A region of the data; all, or one that no
-- rule names: everywhere.
with
    complements as (select * from {{ ref("rec_complements") }}),
    popular as (select * from {{ ref("rec_complement_fill") }}),
    pages as (select * from {{ ref("rec_item_page") }}),

    asked as (
        select coalesce(max(region), 'all') as region
        from complements
        where region = $region
    ),

    listed as (
        select
            complement_item_id as item_id,
            complement_title as item_title,
            complement_category as category,
            log_lift as score,
            lift,
            confidence,
            pair_count,
            rule_pass as source,
            reason,
            item_rank as place
        from complements
        where
            cast(complements.item_id as varchar) = $item
            and region = (select region from asked)
    ),

    united as (
        select *
        from listed
        union all
        select
            item_id,
            item_title,
            item_category,
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
            and cast(item_id as varchar) <> $item
            and item_id not in (select item_id from listed)
            and $item in (select cast(item_id as varchar) from pages)
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
