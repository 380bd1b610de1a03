-- One row per item that can replace an item, best first.
-- @get /items/{item}/substitutes
-- @param item text: The item's id.
-- @param region text = all: A region of the data; all, or one that no
-- rule names: everywhere.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    substitutes as (select * from {{ ref("rec_substitutes") }}),

    asked as (
        select coalesce(max(region), 'all') as region
        from substitutes
        where region = $region
    ),

    final as (
        select
            substitute_item_id as item_id,
            substitute_title as item_title,
            substitute_category as category,
            similarity as score,
            'content' as source,
            concat('alike: ', shared_terms) as reason,
            item_rank
        from substitutes
        where
            cast(substitutes.item_id as varchar) = $item
            and region = (select region from asked)
    )

select *
from final
order by item_rank
