-- One row per item that completes a basket, best first: rules from each of its items,
-- their evidence above chance added up, then popular items. `recsql show --basket`,
-- too.
-- @post /basket
-- @param items texts: The ids of the items in the basket.
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

    found as (
        select *
        from complements
        where
            region = (select region from asked)
            and list_contains($items, cast(item_id as varchar))
            and not list_contains($items, cast(complement_item_id as varchar))
    ),

    summed as (
        select
            complement_item_id as item_id,
            complement_title as item_title,
            complement_category as category,
            {{ stable_sum("log_lift") }} as score,
            concat(
                'goes with ', arg_max(item_title, (log_lift, - item_rank))
            ) as reason,
            cast(null as bigint) as popular_rank
        from found
        group by complement_item_id, complement_title, complement_category
    ),

    filled as (
        select item_id, item_title, item_category, null as score, reason, item_rank
        from popular
        where
            region = (select region from asked)
            and not list_contains($items, cast(item_id as varchar))
            and item_id not in (select item_id from summed)
            and exists (
                select 1
                from pages
                where list_contains($items, cast(pages.item_id as varchar))
            )
    ),

    united as (
        select item_id, item_title, category, score, reason, popular_rank
        from summed
        union all
        select item_id, item_title, item_category, score, reason, item_rank
        from filled
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
            reason
        from united
    )

select *
from final
order by item_rank
