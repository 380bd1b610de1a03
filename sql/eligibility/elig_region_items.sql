-- One row per (region, item_id): what may be shown in a region that availability or
-- restrictions name; in region all, what some region may show.
with
    scopes as (select * from {{ ref("elig_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    final as (
        select
            coalesce(scopes.region, 'all') as region,
            scope_items.item_id,
            scope_items.item_index,
            scope_items.is_eligible
        from scopes
        inner join scope_items on scopes.scope_index = scope_items.scope_index
        where scopes.user_id is null
    )

select *
from final
