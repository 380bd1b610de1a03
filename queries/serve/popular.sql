-- One row per popular item of a region, or of everyone, best first.
-- @get /popular
-- @param region text = all: A region of the data; all, or one that is
-- not known: everyone. The answer says which was read.
-- @index region = region
with
    popular as (select * from {{ ref("rec_popular") }}),

    asked as (
        select coalesce(max(group_name), 'all') as region
        from popular
        where group_kind = 'region' and group_name = $region
    ),

    final as (
        select
            group_name as region,
            item_id,
            item_title,
            category,
            score,
            case
                when group_kind = 'all' then 'popular' else 'group_popular'
            end as source,
            case
                when group_kind = 'all'
                then 'popular with everyone'
                else concat('popular in region ', group_name)
            end as reason,
            item_rank
        from popular
        where
            group_kind in ('all', 'region')
            and ($region is null or group_name = (select region from asked))
    )

select *
from final
order by region, item_rank
