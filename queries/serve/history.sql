-- One row per item that a user took, saw or disliked, what weighs most first.
-- @get /history/{user}
-- @token history
-- @param user user: The user's id.
{{ config(enabled=var("serving")) }}
with
    histories as (select * from {{ ref("serve_histories") }}),

    final as (
        select
            item_id,
            item_title,
            category,
            is_taken,
            basket_count,
            last_at,
            what_happened as reason,
            'history' as source,
            weight as score
        from histories
        where user_id = $user
    )

select *
from final
order by score desc, item_id
