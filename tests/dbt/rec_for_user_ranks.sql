-- Every list of a user is ranked 1 to n.
with
    lists as (select * from {{ ref("rec_for_user") }}),

    counted as (
        select
            user_id,
            surface,
            count(*) as row_count,
            count(distinct item_rank) as rank_count,
            min(item_rank) as first_rank,
            max(item_rank) as last_rank
        from lists
        group by user_id, surface
    ),

    final as (
        select
            concat(
                'surface ',
                surface,
                ' of user ',
                cast(user_id as varchar),
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie; ',
                'restore list_rank in cand_surface_lists'
            ) as problem
        from counted
        where rank_count <> row_count or first_rank <> 1 or last_rank <> row_count
    )

select *
from final
