-- One row per (user_id, item_id): what is popular in the user's group or home region.
-- score by var popularity; users without a group have no rows.
{{ config(enabled="group_popular" in var("candidate_sources")) }}
with
    popularity as (select * from {{ ref("sig_group_popularity") }}),
    users as (select * from {{ ref("int_users") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    audiences as (
        select
            users.user_id,
            users.group_kind,
            users.group_name,
            user_scopes.scope_index,
            dense_rank() over (
                order by users.group_kind, users.group_name, user_scopes.scope_index
            ) as audience
        from users
        inner join user_scopes on users.user_id = user_scopes.user_id
        where users.group_kind is not null
    ),

    met as (
        select distinct audience, group_kind, group_name, scope_index from audiences
    ),

    ranked as (
        select
            met.audience,
            popularity.item_id,
            popularity.item_index,
            popularity.score,
            row_number() over (
                partition by met.audience
                order by popularity.score desc, popularity.item_index
            ) as popularity_rank
        from met
        inner join
            popularity
            on met.group_kind = popularity.group_kind
            and met.group_name = popularity.group_name
        inner join
            scope_items
            on met.scope_index = scope_items.scope_index
            and popularity.item_index = scope_items.item_index
    ),

    scored as ({{ audience_scores("audiences", "ranked") }}),

    final as ({{ best_candidates("scored", "group_popular") }})

select *
from final
