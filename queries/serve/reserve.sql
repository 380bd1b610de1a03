-- One row per item that comes after a user's list on a surface, best first: lists are
-- filled up from here where items are sold out or turned down.
-- @param user user: The user's id.
-- @param surface text: The place where the list is shown.
-- @index user_id = user, surface = surface
{{ config(enabled=var("serving")) }}
with
    reserve as (select * from {{ ref("serve_reserve") }}),

    final as (
        select
            user_id,
            surface,
            item_id,
            item_title,
            category,
            score,
            candidate_source as source,
            reason,
            item_rank
        from reserve
        where
            ($user is null or user_id = $user)
            and ($surface is null or surface = $surface)
    )

select *
from final
order by user_id, surface, item_rank
