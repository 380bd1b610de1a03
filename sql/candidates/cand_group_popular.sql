-- One row per (user_id, item_id): what is popular in the user's group or home region.
-- score by var popularity; users without a group have no rows.
{{ config(enabled="group_popular" in var("candidate_sources")) }}
with
    popularity as (select * from {{ ref("sig_group_popularity") }}),
    users as (select * from {{ ref("int_users") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    owned as (select user_id, count(*) as item_count from user_items group by user_id),

    reachable as (
        select
            users.user_id, popularity.item_id, popularity.item_index, popularity.score
        from users
        left join owned on users.user_id = owned.user_id
        inner join
            popularity
            on users.group_kind = popularity.group_kind
            and users.group_name = popularity.group_name
            and popularity.popularity_rank
            <= {{ var("candidates_per_user") | int }} + coalesce(owned.item_count, 0)
    ),

    scored as (
        select
            reachable.user_id,
            reachable.item_id,
            reachable.item_index,
            reachable.score,
            false as is_repeat,
            reachable.item_id as reason_item_id
        from reachable
        left join
            user_items
            on reachable.user_id = user_items.user_id
            and reachable.item_id = user_items.item_id
        where user_items.item_id is null
        union all
        select
            user_items.user_id,
            popularity.item_id,
            popularity.item_index,
            popularity.score,
            true,
            popularity.item_id
        from user_items
        inner join users on user_items.user_id = users.user_id
        inner join
            popularity
            on users.group_kind = popularity.group_kind
            and users.group_name = popularity.group_name
            and user_items.item_id = popularity.item_id
    ),

    final as ({{ best_candidates("scored", "group_popular") }})

select *
from final
