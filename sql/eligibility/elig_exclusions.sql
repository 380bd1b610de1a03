-- One row per (user_id, item_id): what one user is never shown, beside the scope.
-- blocked by a restriction that names the user, or disliked: a weight below 0.
with
    restricted_items as (select * from {{ ref("elig_restricted_items") }}),
    users as (select * from {{ ref("int_users") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    united as (
        select
            users.user_id,
            users.user_index,
            restricted_items.item_id,
            restricted_items.item_index,
            'blocked' as exclusion
        from restricted_items
        inner join users on restricted_items.user_id = users.user_id
        where
            restricted_items.kind = 'block'
            and restricted_items.item_id is not null
            and (
                restricted_items.region is null
                or restricted_items.region = users.home_region
            )
        union all
        select user_id, user_index, item_id, item_index, 'disliked'
        from user_items
        where weight < 0
    ),

    final as (
        select user_id, user_index, item_id, item_index, min(exclusion) as exclusion
        from united
        group by user_id, user_index, item_id, item_index
    )

select *
from final
