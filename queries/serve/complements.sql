-- One row per item that goes with an item, best first.
-- @get /items/{item}/complements
-- @param item text: The item's id.
-- @param region text = all: A region of the data; all: everywhere.
with
    complements as (select * from {{ ref("rec_complements") }}),

    final as (
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
            item_rank
        from complements
        where cast(complements.item_id as varchar) = $item and region = $region
    )

select *
from final
order by item_rank
