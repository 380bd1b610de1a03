-- One row per (user_id, item_id): items that came in the last new_item_days.
-- score = (users + 1) / (age in days + 7): unsold ones come up at first, then sink.
{{ config(enabled="new_items" in var("candidate_sources")) }}
with
    items as (select * from {{ ref("int_items") }}),
    users as (select * from {{ ref("int_users") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    fresh as (
        select
            item_id,
            item_index,
            {{ ratio("(user_count + 1)", "(age_days + 7)") }} as score
        from items
        where
            (is_eligible or is_new)
            and age_days >= 0
            and age_days <= {{ var("new_item_days") | float }}
    ),

    ranked as (
        select *, row_number() over (order by score desc, item_index) as popularity_rank
        from fresh
    ),

    owned as (select user_id, count(*) as item_count from user_items group by user_id),

    scored as ({{ same_for_everyone("ranked") }}),

    final as ({{ best_candidates("scored", "new_items") }})

select *
from final
