-- Every item has its complements for all and for each region that availability or
-- restrictions name, as far as there are other items that may be shown there.
with
    items as (select * from {{ ref("int_items") }}),
    region_items as (select * from {{ ref("elig_region_items") }}),
    complements as (select * from {{ ref("rec_complements") }}),

    eligible as (select region, item_index from region_items where is_eligible),

    total as (select region, count(*) as item_count from eligible group by region),

    listed as (
        select item_id, region, count(*) as item_count
        from complements
        where complement_item_id <> item_id
        group by item_id, region
    ),

    compared as (
        select
            items.item_id,
            total.region,
            coalesce(listed.item_count, 0) as listed_count,
            least(
                {{ var("complements_per_item") | int }},
                total.item_count
                - case when eligible.item_index is not null then 1 else 0 end
            ) as wanted_count
        from items
        cross join total
        left join
            eligible
            on total.region = eligible.region
            and items.item_index = eligible.item_index
        left join
            listed on total.region = listed.region and items.item_id = listed.item_id
    ),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                ' in region ',
                region,
                ' has ',
                cast(listed_count as varchar),
                ' complements other than itself where ',
                cast(wanted_count as varchar),
                ' are possible; restore the popular fill in rec_complements'
            ) as problem
        from compared
        where listed_count <> wanted_count
    )

select *
from final
