-- One row per sampled user, surface and rank: what is shown, and why, 20 ranks at most.
-- Read by `recsql report`.
with
    sampled as ({{ sampled_users() }}),

    lists as (select * from {{ ref("rec_for_user") }}),

    final as (
        select
            sampled.user_text as user_id,
            lists.surface,
            lists.item_rank,
            {{ id_text("lists.item_id") }} as item_id,
            left(lists.item_title, 120) as item_title,
            left(lists.category, 80) as category,
            lists.score,
            lists.candidate_source,
            left(lists.reason, 200) as reason
        from lists
        inner join sampled on lists.user_id = sampled.user_id
        where lists.item_rank <= 20
    )

select *
from final
order by user_id, surface, item_rank
