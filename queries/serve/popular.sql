-- One row per popular item of a region, or of everyone, best first.
-- @get /popular
-- @param region text = all: A region of the data; all: everyone.
-- @index region = region
with
    popular as (select * from {{ ref("rec_popular") }}),

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
            and ($region is null or group_name = $region)
    )

select *
from final
order by region, item_rank
