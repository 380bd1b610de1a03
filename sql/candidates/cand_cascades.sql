-- One row per (user_id, surface, item_rank): which candidates a surface shows a user.
-- A cascade: each source of the surface in order, until the list has its length.
with
    candidates as (select * from {{ ref("cand_all") }}),
    users as (select * from {{ ref("int_users") }}),
    stages as ({{ surface_stages() }}),

    allowed as (
        select
            candidates.*,
            stages.surface,
            stages.stage,
            stages.list_length,
            case
                when stages.allow_repeat = 'all'
                then candidates.item_rank
                else candidates.kind_rank
            end as source_rank
        from candidates
        inner join users on candidates.user_id = users.user_id
        inner join
            stages
            on candidates.candidate_source = stages.candidate_source
            and users.order_count >= stages.min_orders
            and (
                stages.allow_repeat = 'all'
                or candidates.is_repeat = (stages.allow_repeat = 'repeat_only')
            )
    ),

    -- a source's rank beyond the list's length can never be reached
    staged as (
        select
            *,
            row_number() over (
                partition by user_id, surface, item_id order by stage
            ) as mention
        from allowed
        where source_rank <= list_length
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by user_id, surface order by stage, source_rank
            ) as list_rank
        from staged
        where mention = 1
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
            list_rank as item_rank
        from ranked
        where list_rank <= list_length
    )

select *
from final
