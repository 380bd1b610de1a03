-- One row per (user_id, surface, item_id): what a surface may show, in the order of its
-- strategy: stage by stage, each item where it comes first. No longer than the list and
-- its reserve, unless items are moved afterwards.
with
    stage_items as (select * from {{ ref("list_stage_items") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),

    -- a source's rank beyond that can never be reached
    mentioned as (
        select
            stage_items.*,
            {{ list_depth("surfaces") }} as list_depth,
            surfaces.is_moved,
            row_number() over (
                partition by
                    stage_items.user_id, stage_items.surface, stage_items.item_id
                order by stage_items.stage
            ) as mention
        from stage_items
        inner join surfaces on stage_items.surface = surfaces.surface
        where
            surfaces.is_moved or stage_items.source_rank <= {{ list_depth("surfaces") }}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by user_id, surface order by stage, source_rank
            ) as plain_rank
        from mentioned
        where mention = 1
    ),

    final as (
        select
            user_id,
            surface,
            item_id,
            candidate_source,
            lead_source,
            score,
            is_repeat,
            reason_item_id,
            plain_rank
        from ranked
        where is_moved or plain_rank <= list_depth
    )

select *
from final
