-- Every group's list is ranked 1 to n.
with
    lists as (select * from {{ ref("rec_segment_items") }}),

    counted as (
        select
            group_kind,
            group_name,
            count(*) as row_count,
            count(distinct item_rank) as rank_count,
            min(item_rank) as first_rank,
            max(item_rank) as last_rank
        from lists
        group by group_kind, group_name
    ),

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
                'restore row_number() in rec_segment_items'
            ) as problem
        from counted
        where rank_count <> row_count or first_rank <> 1 or last_rank <> row_count
    )

select *
from final
