-- One row per (user_id, item_id): the most popular items, new to the user or repeats.
-- score by var popularity, the same for everyone.
{{ config(enabled="popular" in var("candidate_sources")) }}
with
    popularity as (select * from {{ ref("sig_popularity") }}),
    users as (select * from {{ ref("int_users") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    owned as (select user_id, count(*) as item_count from user_items group by user_id),

    scored as ({{ same_for_everyone("popularity") }}),

    final as ({{ best_candidates("scored", "popular") }})

select *
from final
