-- One row per (scope_index, item_id): what users of a scope of elig_scopes may be shown
-- now.
-- Eligible or new items that are available in the region, on every level's allow list,
-- and not blocked. Scope 0 knows what is available in any region.
with
    items as (select * from {{ ref("int_items") }}),
    availability as (select * from {{ ref("stg_availability") }}),
    restrictions as (select * from {{ ref("elig_scope_restrictions") }}),
    scopes as (select * from {{ ref("elig_scopes") }}),
    serving as (select * from {{ ref("int_serving_time") }}),

    shown as (
        select items.item_id, items.item_index, items.is_eligible
        from items
        cross join serving
        where
            (items.is_eligible or items.is_new)
            and {{ is_current("items.available_from", "items.available_to", "serving") }}
    ),

    listed as (select distinct region from availability where region is not null),

    offered as (
        select availability.region, availability.item_id
        from availability
        cross join serving
        where
            {{
                is_current(
                    "availability.available_from",
                    "availability.available_to",
                    "serving",
                )
            }}
    ),

    -- where no region is listed, everything is available everywhere
    available as (
        select scopes.scope_index, offered.item_id
        from scopes
        inner join offered on scopes.region = offered.region
        union
        select scopes.scope_index, offered.item_id
        from scopes
        cross join offered
        left join listed on scopes.region = listed.region
        where offered.region is not null and listed.region is null
        union
        select scopes.scope_index, shown.item_id
        from scopes
        cross join shown
        where not exists (select 1 from listed)
    ),

    demanded as (
        select scope_index, count(distinct level) as level_count
        from restrictions
        where kind = 'allow'
        group by scope_index
    ),

    allowed as (
        select scope_index, item_id, count(distinct level) as level_count
        from restrictions
        where kind = 'allow'
        group by scope_index, item_id
    ),

    blocked as (
        select distinct scope_index, item_id
        from restrictions
        where kind = 'block' and level <> 'user'
    ),

    final as (
        select available.scope_index, shown.item_id, shown.item_index, shown.is_eligible
        from available
        inner join shown on available.item_id = shown.item_id
        left join demanded on available.scope_index = demanded.scope_index
        left join
            allowed
            on available.scope_index = allowed.scope_index
            and available.item_id = allowed.item_id
        left join
            blocked
            on available.scope_index = blocked.scope_index
            and available.item_id = blocked.item_id
        where
            blocked.item_id is null
            and coalesce(allowed.level_count, 0) = coalesce(demanded.level_count, 0)
    )

select *
from final
