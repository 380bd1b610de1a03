-- One row per (user_id, item_id): what the user takes or looks at themselves, the
-- recent the stronger.
-- score = decayed weight; equal scores go to the more popular item.
{{ config(enabled="history" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    scored as (
        select user_id, item_id, item_index, weight as score, item_id as reason_item_id
        from user_items
        where is_eligible and weight > 0
    ),

    final as ({{ best_candidates("scored", "history") }})

select *
from final
