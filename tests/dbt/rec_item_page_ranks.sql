-- Every page is numbered 1 to n and does not show its own item.
with
    pages as (select * from {{ ref("rec_item_page") }}),

    broken as ({{ broken_ranks("pages", ["item_id", "region"], "related_item_id") }}),

    final as (
        select
            concat(
                'the page of item ',
                cast(item_id as varchar),
                ' in region ',
                region,
                ' has ',
                cast(row_count as varchar),
                ' rows with slots from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie, or shows the item itself'
            ) as problem
        from broken
    )

select *
from final
