-- One row per user to tell about an item, the likeliest first.
-- @get /users-for-item/{item}
-- @token history
-- @param item item: The item's id.
{{
    config(
        enabled=var("candidate_sources")
        | reject("in", ["popular", "group_popular", "new_items"])
        | list
        | length
        > 0
    )
}}
with
    likely as (select * from {{ ref("rec_users_for_item") }}),

    final as (
        select
            user_id,
            is_repeat,
            basket_count,
            last_at,
            sources as source,
            case
                when is_repeat
                then concat('taken ', basket_count, ' times')
                else concat('proposed by ', sources)
            end as reason,
            score,
            item_rank
        from likely
        where item_id = $item
    )

select *
from final
order by item_rank
