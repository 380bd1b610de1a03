-- One row per (kind, user_id, region, item_id): the items that restrictions mean.
-- item_id is null where a restriction means no item that is known.
with
    restrictions as (select * from {{ ref("elig_restrictions") }}),
    items as (select * from {{ ref("int_items") }}),

    -- by item, by category, and what names neither
    meant as (
        select
            restrictions.kind,
            restrictions.user_id,
            restrictions.region,
            items.item_id,
            items.item_index
        from restrictions
        left join
            items
            on restrictions.item_id = items.item_id
            and coalesce(restrictions.category = items.category, true)
        where restrictions.item_id is not null
        union all
        select
            restrictions.kind,
            restrictions.user_id,
            restrictions.region,
            items.item_id,
            items.item_index
        from restrictions
        left join items on restrictions.category = items.category
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
