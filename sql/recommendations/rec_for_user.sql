-- One row per (user_id, surface, item_rank): what to show a user, and why.
-- A cascade: each source of the surface in order, until the list has its length.
with
    candidates as (select * from {{ ref("cand_all") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    stages as ({{ surface_stages() }}),

    staged as (
        select
            candidates.*,
            stages.surface,
            stages.list_length,
            stages.stage,
            row_number() over (
                partition by candidates.user_id, stages.surface, candidates.item_id
                order by stages.stage
            ) as mention
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
            and case
                when stages.allow_repeat = 'all'
                then candidates.item_rank
                else candidates.kind_rank
            end
            <= stages.list_length
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by user_id, surface order by stage, item_rank
            ) as list_rank
        from staged
        where mention = 1
    ),

    final as (
        select
            ranked.user_id,
            ranked.surface,
            ranked.item_id,
            items.title as item_title,
            items.category,
            ranked.score,
            ranked.candidate_source,
            {{ reason_text() }} as reason,
            ranked.list_rank as item_rank,
            {{ text(invocation_id) }} as run_id,
            {{ as_timestamp(run_started_at) }} as generated_at
        from ranked
        inner join users on ranked.user_id = users.user_id
        inner join items on ranked.item_id = items.item_id
        left join items as because on ranked.reason_item_id = because.item_id
        left join
            user_items
            on ranked.user_id = user_items.user_id
            and ranked.item_id = user_items.item_id
        where ranked.list_rank <= ranked.list_length
    )

select *
from final
