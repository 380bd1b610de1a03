-- Every source ranks each user's candidates 1 to n.
with
    candidates as (select * from {{ ref("cand_all") }}),

    counted as (
        select
            user_id,
            candidate_source,
            count(*) as row_count,
            count(distinct item_rank) as rank_count,
            min(item_rank) as first_rank,
            max(item_rank) as last_rank
        from candidates
        group by user_id, candidate_source
    ),

    final as (
        select
            concat(
                'source ',
                candidate_source,
                ' of user ',
                cast(user_id as varchar),
                ' has ',
                cast(row_count as varchar),
                ' rows with item_rank from ',
                cast(first_rank as varchar),
                ' to ',
                cast(last_rank as varchar),
                ' instead of 1, 2, 3 without a gap or tie; ',
                'end the cand_ model with macro best_candidates'
            ) as problem
        from counted
        where rank_count <> row_count or first_rank <> 1 or last_rank <> row_count
    )

select *
from final
