-- One row per (user_id, item_id): the most popular items, new to the user or repeats.
-- score = share of all users; n + (items the user has) ranks always hold n new ones.
{{ config(enabled="popular" in var("candidate_sources")) }}
with
    popularity as (select * from {{ ref("sig_popularity") }}),
    users as (select * from {{ ref("int_users") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    owned as (select user_id, count(*) as item_count from user_items group by user_id),

    reachable as (
        select
            users.user_id,
            popularity.item_id,
            popularity.item_index,
            popularity.user_share as score,
            popularity.item_id as reason_item_id
        from users
        left join owned on users.user_id = owned.user_id
        inner join
            popularity
            on popularity.popularity_rank
            <= {{ var("candidates_per_user") | int }} + coalesce(owned.item_count, 0)
    ),

    scored as ({{ mark_repeats("reachable") }}),

    final as ({{ best_candidates("scored", "popular") }})

select *
from final
