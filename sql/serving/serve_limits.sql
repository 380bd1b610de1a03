-- One row per (user_id, item_id): what one user alone is not shown, and the items of
-- users who are shown these only.
-- item_id is null where nothing of a user's own list may be shown now.
{{ config(enabled=var("serving")) }}
with
    exclusions as (select * from {{ ref("elig_exclusions") }}),
    scopes as (select * from {{ ref("elig_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    final as (
        select user_id, item_id, exclusion as limit_kind
        from exclusions
        where exclusion = 'blocked'
        union all
        select scopes.user_id, scope_items.item_id, 'allowed'
        from scopes
        left join scope_items on scopes.scope_index = scope_items.scope_index
        where scopes.user_id is not null
    )

select *
from final
