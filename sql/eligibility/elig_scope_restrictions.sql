-- One row per (scope_index, kind, level, item_id): which restrictions hold in a scope.
-- level: all, region or user, by what the restriction names.
with
    restricted_items as (select * from {{ ref("elig_restricted_items") }}),
    scopes as (select * from {{ ref("elig_scopes") }}),

    united as (
        select
            scopes.scope_index,
            restricted_items.kind,
            'all' as level,
            restricted_items.item_id
        from restricted_items
        cross join scopes
        where restricted_items.user_id is null and restricted_items.region is null
        union all
        select
            scopes.scope_index,
            restricted_items.kind,
            'region',
            restricted_items.item_id
        from restricted_items
        inner join scopes on restricted_items.region = scopes.region
        where restricted_items.user_id is null
        union all
        select
            scopes.scope_index, restricted_items.kind, 'user', restricted_items.item_id
        from restricted_items
        inner join scopes on restricted_items.user_id = scopes.user_id
        where restricted_items.region is null or restricted_items.region = scopes.region
    ),

    final as (
        select scope_index, kind, level, item_id
        from united
        group by scope_index, kind, level, item_id
    )

select *
from final
