-- One row: how many items the catalogue lists in more than one row.
with
    items as (select * from {{ ref("stg_items") }}),

    final as (
        select
            count(*) as item_count,
            count(case when row_count > 1 then item_id end) as repeated_count,
            cast(coalesce(sum(row_count), 0) as bigint) as row_count,
            min(case when row_count > 1 then cast(item_id as varchar) end) as example
        from items
    )

select *
from final
