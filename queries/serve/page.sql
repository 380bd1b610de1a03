-- One row per place on the page of an item: what goes with it, or replaces it.
-- @get /items/{item}/page
-- @param item item: The item's id.
-- @param region text = all: A region of the data; all, or one that no
-- rule names: everywhere.
with
    pages as (select * from {{ ref("rec_item_page") }}),
    regions as (select region from {{ ref("rec_item_page") }}),

    asked as (
        select coalesce(max(region), 'all') as region
        from regions
        where region = $region
    ),

    final as (
        select
            related_item_id as item_id,
            related_title as item_title,
            related_category as category,
            kind as source,
            case
                when kind = 'complement'
                then concat('goes with ', item_title)
                when kind = 'substitute'
                then concat('replaces ', item_title)
                else 'popular; nothing is known to go with it'
            end as reason,
            is_available,
            item_rank
        from pages
        where pages.item_id = $item and region = (select region from asked)
    )

select *
from final
order by item_rank
