-- One row per (kind, user_id, region, item_id): the items that restrictions mean.
-- A category means every item that has it, be it one of several.
-- item_id is null where a restriction means no item that is known.
with
    restrictions as (select * from {{ ref("elig_restrictions") }}),
    items as (select * from {{ ref("int_items") }}),
    item_categories as (select * from {{ ref("stg_item_categories") }}),

    categorized as (
        select items.item_id, items.item_index, item_categories.category
        from items
        inner join item_categories on items.item_id = item_categories.item_id
    ),

    -- by item, by category, and what names neither
    meant as (
        select
            restrictions.kind,
            restrictions.user_id,
            restrictions.region,
            items.item_id,
            items.item_index
        from restrictions
        left join items on restrictions.item_id = items.item_id
        where restrictions.item_id is not null and restrictions.category is null
        union all
        select
            restrictions.kind,
            restrictions.user_id,
            restrictions.region,
            categorized.item_id,
            categorized.item_index
        from restrictions
        left join
            categorized
            on restrictions.item_id = categorized.item_id
            and restrictions.category = categorized.category
        where restrictions.item_id is not null and restrictions.category is not null
        union all
        select
            restrictions.kind,
            restrictions.user_id,
            restrictions.region,
            categorized.item_id,
            categorized.item_index
        from restrictions
        left join categorized on restrictions.category = categorized.category
        where restrictions.item_id is null and restrictions.category is not null
        union all
        select
            restrictions.kind,
            restrictions.user_id,
            restrictions.region,
            items.item_id,
            items.item_index
        from restrictions
        cross join items
        where restrictions.item_id is null and restrictions.category is null
    ),

    final as (
        select kind, user_id, region, item_id, item_index
        from meant
        group by kind, user_id, region, item_id, item_index
    )

select *
from final
