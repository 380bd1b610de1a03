-- Every item has a full page for all, and in each region that availability or
-- restrictions name those that are sold there, as far as there are other items.
with
    items as (select * from {{ ref("int_items") }}),
    region_items as (select * from {{ ref("elig_region_items") }}),
    item_pages as (select * from {{ ref("rec_item_page") }}),

    eligible as (select region, item_index from region_items where is_eligible),

    pages as (
        select 'all' as region, item_id, item_index
        from items
        union all
        select region, item_id, item_index
        from region_items
        where region <> 'all'
    ),

    total as (select region, count(*) as item_count from eligible group by region),

    listed as (
        select item_id, region, count(*) as item_count
        from item_pages
        where related_item_id <> item_id
        group by item_id, region
    ),

    compared as (
        select
            pages.item_id,
            pages.region,
            coalesce(listed.item_count, 0) as listed_count,
            least(
                {{ var("item_page_length") | int }},
                total.item_count
                - case when eligible.item_index is not null then 1 else 0 end
            ) as wanted_count
        from pages
        inner join total on pages.region = total.region
        left join
            eligible
            on pages.region = eligible.region
            and pages.item_index = eligible.item_index
        left join
            listed on pages.region = listed.region and pages.item_id = listed.item_id
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
                ' other items on its page where ',
                cast(wanted_count as varchar),
                ' are possible; restore sig_page_fill in rec_item_page'
            ) as problem
        from compared
        where listed_count < wanted_count
    )

select *
from final
