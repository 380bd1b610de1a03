-- Every group's list is ranked 1 to n.
with
    lists as (select * from {{ ref("rec_popular") }}),

    broken as ({{ broken_ranks("lists", ["group_kind", "group_name"]) }}),

    final as (
        select
            concat(
                group_kind,
                ' ',
                group_name,
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie; ',
                'restore popularity_rank in sig_popularity and sig_group_popularity'
            ) as problem
        from broken
    )

select *
from final
