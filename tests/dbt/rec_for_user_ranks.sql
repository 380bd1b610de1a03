-- Every list of a user is ranked 1 to n.
with
    lists as (select * from {{ ref("rec_for_user") }}),

    broken as ({{ broken_ranks("lists", ["user_id", "surface"]) }}),

    final as (
        select
            concat(
                'surface ',
                surface,
                ' of a user',
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie; ',
                'restore list_rank in list_shown'
            ) as problem,
            user_id
        from broken
    )

select *
from final
