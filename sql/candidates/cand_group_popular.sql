-- One row per (user_id, item_id): what is popular in the user's group or home region.
-- score = share of the group's users; users without a group have no rows.
{{ config(enabled="group_popular" in var("candidate_sources")) }}
with
    popularity as (select * from {{ ref("sig_group_popularity") }}),
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
            on users.group_kind = popularity.group_kind
            and users.group_name = popularity.group_name
            and popularity.popularity_rank
            <= {{ var("candidates_per_user") | int }} + coalesce(owned.item_count, 0)
    ),

    scored as ({{ mark_repeats("reachable") }}),

    final as ({{ best_candidates("scored", "group_popular") }})

select *
from final
