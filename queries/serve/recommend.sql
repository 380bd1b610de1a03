-- One row per item of a user's list on a surface, best first.
-- @get /recommend/{user}
-- @param user user: The user's id.
-- @param surface text: The place where the list is shown, of var surfaces.
-- @index user_id = user, surface = surface
with
    lists as (select * from {{ ref("rec_for_user") }}),

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
            propensity,
            item_rank
        from lists
        where
            ($user is null or user_id = $user)
            and ($surface is null or surface = $surface)
    )

select *
from final
order by user_id, surface, item_rank
