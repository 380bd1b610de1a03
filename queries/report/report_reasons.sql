-- One row per sampled user, surface, rank and part of its score: which items of the
-- user add
-- how much, of the first 10 ranks, 4 parts at most. Read by `recsql report`.
with
    sampled as ({{ sampled_users() }}),

    explanations as (select * from {{ ref("rec_explanations") }}),

    final as (
        select
            sampled.user_text as user_id,
            explanations.surface,
            explanations.item_rank,
            explanations.part_rank,
            explanations.part,
            left(explanations.reason_title, 120) as reason_title,
            explanations.contribution_share
        from explanations
        inner join sampled on explanations.user_id = sampled.user_id
        where explanations.item_rank <= 10 and explanations.part_rank <= 4
    )

select *
from final
order by user_id, surface, item_rank, part_rank
