-- One row per (region, item_rank): the popular items with which a list of
-- rec_complements goes on in a region, without the item itself and what the list has.
-- One more than complements_per_item, so that a list of any item can be filled.
with
    items as (select * from {{ ref("int_items") }}),
    region_items as (select * from {{ ref("elig_region_items") }}),
    popularity as (select * from {{ ref("sig_popularity") }}),

    ranked as (
        select
            region_items.region,
            region_items.item_index,
            row_number() over (
                partition by region_items.region order by popularity.popularity_rank
            ) as item_rank
        from region_items
        inner join popularity on region_items.item_index = popularity.item_index
        where region_items.is_eligible
        qualify item_rank <= {{ var("complements_per_item") | int + 1 }}
    ),

    final as (
        select
            ranked.region,
            items.item_id,
            items.title as item_title,
            items.category,
            'popular; nothing is known to go with it' as reason,
            ranked.item_rank,
            {{ run_stamp() }}
        from ranked
        inner join items on ranked.item_index = items.item_index
    )

select *
from final
