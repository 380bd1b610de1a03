-- One row per (user_id, surface, item_rank, part_rank): what the score of a shown item
-- is made of. The contributions of a shown item add up to its score.
with
    shown as (select * from {{ ref("list_shown") }}),
    parts as (select * from {{ ref("why_parts") }}),
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    final as (
        select
            shown.user_id,
            shown.surface,
            shown.item_id,
            shown.item_rank,
            items.title as item_title,
            parts.candidate_source,
            parts.part_rank,
            parts.part,
            because.item_id as reason_item_id,
            because.title as reason_title,
            user_items.basket_count as reason_basket_count,
            coalesce(user_items.last_taken_at, user_items.last_at) as reason_last_at,
            parts.pair_count,
            parts.lift,
            parts.group_kind,
            parts.group_name,
            parts.user_share,
            parts.contribution,
            parts.contribution_share,
            {{ run_stamp() }}
        from shown
        inner join
            parts
            on shown.user_id = parts.user_id
            and shown.item_id = parts.item_id
            and shown.lead_source = parts.candidate_source
        inner join items on shown.item_id = items.item_id
        left join items as because on parts.reason_index = because.item_index
        left join
            user_items
            on parts.user_id = user_items.user_id
            and parts.reason_index = user_items.item_index
    )

select *
from final
