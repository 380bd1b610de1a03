-- One row per item that can replace an item, best first.
-- @get /items/{item}/substitutes
-- @param item item: The item's id.
-- @param region text = all: A region of the data; all, or one that no
-- rule names: everywhere.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    substitutes as (select * from {{ ref("rec_substitutes") }}),
    regions as (select region from {{ ref("rec_substitutes") }}),

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
            similarity as score,
            'content' as source,
            concat('alike: ', shared_terms) as reason,
            item_rank
        from substitutes
        where substitutes.item_id = $item and region = (select region from asked)
    )

select *
from final
order by item_rank
