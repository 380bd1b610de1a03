-- One row per (user_id, item_id): all that users took in the holdout, and why no list
-- could hold it: unknown (no model knew the item), rare (var min_item_baskets), not on
-- offer (where the user shops, then), blocked (for this user); null where one could.
{{ config(enabled=var("as_of") is not none) }}
with
    holdout as (select * from {{ ref("int_holdout") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }} where surface is null),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),

    -- who is new shops where everyone does: scope 0
    scoped as (
        select holdout.*, coalesce(user_scopes.scope_index, 0) as scope_index
        from holdout
        left join user_scopes on holdout.user_id = user_scopes.user_id
    ),

    final as (
        select
            scoped.user_id,
            scoped.item_id,
            scoped.weight,
            scoped.rating,
            case
                when items.item_id is null
                then 'unknown'
                when not (items.is_eligible or items.is_new)
                then 'rare'
                when scope_items.item_id is null
                then 'not on offer'
                when exclusions.item_id is not null
                then 'blocked'
            end as unlistable_because
        from scoped
        left join items on scoped.item_id = items.item_id
        left join
            scope_items
            on scoped.scope_index = scope_items.scope_index
            and scoped.item_id = scope_items.item_id
        left join
            exclusions
            on scoped.user_id = exclusions.user_id
            and scoped.item_id = exclusions.item_id
    )

select *
from final
