-- One row per (user_id, surface): how long a list is, and what it is made of.
-- scope_index: what the user may be shown there. pool_count: what sources propose.
{{ config(materialized="view") }}
with
    surfaces as (select * from {{ ref("list_surfaces") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    pools as (select * from {{ ref("list_pools") }}),
    lists as (select * from {{ ref("rec_for_user") }}),

    listed as (
        select user_id, surface, count(*) as item_count
        from lists
        group by user_id, surface
    ),

    pooled as (
        select user_id, surface, count(*) as item_count
        from pools
        group by user_id, surface
    ),

    final as (
        select
            user_scopes.user_id,
            surfaces.surface,
            surfaces.allow_repeat,
            surfaces.repeat_means,
            surfaces.list_length,
            user_scopes.scope_index,
            coalesce(pooled.item_count, 0) as pool_count,
            coalesce(listed.item_count, 0) as item_count
        from surfaces
        inner join
            user_scopes
            on coalesce(user_scopes.surface, '') = coalesce(surfaces.scope_surface, '')
        left join
            listed
            on user_scopes.user_id = listed.user_id
            and surfaces.surface = listed.surface
        left join
            pooled
            on user_scopes.user_id = pooled.user_id
            and surfaces.surface = pooled.surface
    )

select *
from final
