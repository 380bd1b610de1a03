-- Every item's list of a region is ranked 1 to n and leaves out the item itself.
with
    complements as (select * from {{ ref("rec_complements") }}),

    broken as (
        {{ broken_ranks("complements", ["item_id", "region"], "related_item_id") }}
    ),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                ' has in region ',
                region,
                ' ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' and ',
                cast(self_count as varchar),
                ' of the item itself, instead of 1, 2, 3 without a gap, tie or itself; ',
                'restore list_rank in rec_complements'
            ) as problem
        from broken
    )

select *
from final
