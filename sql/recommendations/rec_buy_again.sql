-- One row per (user_id, item_rank): what the user is likely to take again, and when.
-- expected_at = last_at + median gap of the user's own purchases; null after one
-- purchase.
{{ config(enabled="history" in var("candidate_sources")) }}
with
    candidates as (select * from {{ ref("cand_history") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    rhythms as (select * from {{ ref("int_repurchases") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select
            candidates.user_id,
            candidates.item_id,
            items.title as item_title,
            items.category,
            user_items.basket_count,
            user_items.last_at,
            {{ add_seconds("user_items.last_at", "rhythms.gap_days * 86400") }}
            as expected_at,
            candidates.score,
            candidates.item_rank,
            {{ text(invocation_id) }} as run_id,
            {{ as_timestamp(run_started_at) }} as generated_at
        from candidates
        inner join items on candidates.item_id = items.item_id
        inner join
            user_items
            on candidates.user_id = user_items.user_id
            and candidates.item_id = user_items.item_id
        left join
            rhythms
            on candidates.user_id = rhythms.user_id
            and candidates.item_id = rhythms.item_id
        where candidates.item_rank <= {{ var("buy_again_per_user") | int }}
    )

select *
from final
