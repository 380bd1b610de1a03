-- One row per item that completes a basket, best first: rules from each of its items,
-- their evidence above chance added up, then popular items. `recsql show --basket`,
-- too.
-- @post /basket
-- @param items texts: The ids of the items in the basket.
-- @param region text = all: A region of the data; all: everywhere.
with
    complements as (select * from {{ ref("rec_complements") }}),

    found as (
        select *
        from complements
        where
            region = $region
            and list_contains($items, cast(item_id as varchar))
            and not list_contains($items, cast(complement_item_id as varchar))
    ),

    summed as (
        select
            complement_item_id as item_id,
            complement_title as item_title,
            complement_category as category,
            {{ stable_sum("log_lift") }} as score,
            arg_max(item_title, (log_lift, - item_rank)) as goes_with,
            min(case when rule_pass = 'popular' then item_rank end) as popular_rank
        from found
        group by complement_item_id, complement_title, complement_category
    ),

    final as (
        select
            row_number() over (
                order by score desc nulls last, popular_rank, item_id
            ) as item_rank,
            item_id,
            item_title,
            category,
            score,
            case when score is null then 'popular' else 'rules' end as source,
            case
                when score is null
                then 'popular; nothing is known to go with it'
                else concat('goes with ', goes_with)
            end as reason
        from summed
    )

select *
from final
order by item_rank
