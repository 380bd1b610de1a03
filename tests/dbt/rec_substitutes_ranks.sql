-- Every item's list of substitutes is ranked 1 to n and leaves out the item itself.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    substitutes as (select * from {{ ref("rec_substitutes") }}),

    broken as (
        {{ broken_ranks("substitutes", ["item_id", "region"], "related_item_id") }}
    ),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                ' in region ',
                region,
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' and ',
                cast(self_count as varchar),
                ' of the item itself, instead of 1, 2, 3 without a gap, tie or itself; ',
                'restore item_rank in rec_substitutes'
            ) as problem
        from broken
    )

select *
from final
