-- Every user's list is ranked 1 to n.
with
    lists as (select * from {{ ref("rec_buy_again") }}),

    broken as ({{ broken_ranks("lists", ["user_id"]) }}),

    final as (
        select
            concat(
                'a user',
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie; ',
                'end cand_history with macro best_candidates'
            ) as problem,
            user_id
        from broken
    )

select *
from final
