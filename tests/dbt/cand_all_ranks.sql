-- Every source ranks each user's candidates 1 to n.
with
    candidates as (select * from {{ ref("cand_all") }}),

    broken as ({{ broken_ranks("candidates", ["user_id", "candidate_source"]) }}),

    final as (
        select
            concat(
                'source ',
                candidate_source,
                ' of a user',
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie; ',
                'end the cand_ model with macro best_candidates'
            ) as problem,
            user_id
        from broken
    )

select *
from final
