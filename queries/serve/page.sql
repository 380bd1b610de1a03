-- One row per slot of the page of an item: what goes with it, or replaces it.
-- @get /items/{item}/page
-- @param item text: The item's id.
-- @param region text = all: A region of the data; all, or one that no
-- rule names: everywhere.
with
    pages as (select * from {{ ref("rec_item_page") }}),

    asked as (
        select coalesce(max(region), 'all') as region from pages where region = $region
    ),

    final as (
        select
            shown_item_id as item_id,
            shown_title as item_title,
            shown_category as category,
            kind as source,
            case
                when kind = 'complement'
                then concat('goes with ', item_title)
                when kind = 'substitute'
                then concat('replaces ', item_title)
                else 'popular; nothing is known to go with it'
            end as reason,
            is_available,
            slot as item_rank
        from pages
        where
            cast(pages.item_id as varchar) = $item
            and region = (select region from asked)
    )

select *
from final
order by item_rank
