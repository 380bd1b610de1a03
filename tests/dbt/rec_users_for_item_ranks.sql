-- Every item's users are ranked 1 to n.
with
    lists as (select * from {{ ref("rec_users_for_item") }}),

    broken as ({{ broken_ranks("lists", ["item_id"]) }}),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                ' has ',
                cast(row_count as varchar),
                ' users with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie'
            ) as problem
        from broken
    )

select *
from final
