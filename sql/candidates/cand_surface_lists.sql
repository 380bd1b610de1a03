-- One row per (user_id, surface, item_rank): which candidates a surface shows a user.
-- The cascade; new items take its last new_item_slots places, as far as there are some.
with
    cascades as (select * from {{ ref("cand_cascades") }}),
    candidates as (select * from {{ ref("cand_all") }}),
    stages as ({{ surface_stages() }}),

    slotted as (
        select
            candidates.*,
            stages.surface,
            stages.list_length,
            row_number() over (
                partition by candidates.user_id, stages.surface
                order by candidates.kind_rank
            ) as slot
        from candidates
        inner join stages on stages.stage = 1 and stages.allow_repeat <> 'repeat_only'
        left join
            cascades
            on candidates.user_id = cascades.user_id
            and candidates.item_id = cascades.item_id
            and stages.surface = cascades.surface
        where
            candidates.candidate_source = 'new_items'
            and not candidates.is_repeat
            and cascades.item_id is null
        qualify slot <= least({{ var("new_item_slots") | int }}, list_length)
    ),

    counted as (
        select user_id, surface, list_length - count(*) as other_count
        from slotted
        group by user_id, surface, list_length
    ),

    united as (
        select
            cascades.user_id,
            cascades.surface,
            cascades.item_id,
            cascades.candidate_source,
            cascades.score,
            cascades.is_repeat,
            cascades.reason_item_id,
            cascades.item_rank as place
        from cascades
        left join
            counted
            on cascades.user_id = counted.user_id
            and cascades.surface = counted.surface
        where counted.user_id is null or cascades.item_rank <= counted.other_count
        union all
        select
            user_id,
            surface,
            item_id,
            candidate_source,
            score,
            is_repeat,
            reason_item_id,
            list_length + slot
        from slotted
    ),

    final as (
        select
            user_id,
            surface,
            item_id,
            candidate_source,
            score,
            is_repeat,
            reason_item_id,
            row_number() over (
                partition by user_id, surface order by place
            ) as item_rank
        from united
    )

select *
from final
