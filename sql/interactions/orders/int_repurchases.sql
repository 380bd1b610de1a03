-- One row per (user_id, item_id) bought in two baskets or more: the user's own rhythm.
-- gap_days = median days between one basket with the item and the next.
with
    events as (select * from {{ ref("int_events") }}),

    bought as (
        select user_id, item_id, basket_id, min(event_at) as bought_at
        from events
        where user_id is not null and is_taken
        group by user_id, item_id, basket_id
    ),

    spaced as (
        select
            user_id,
            item_id,
            {{
                days_between(
                    "lag(bought_at) over (partition by user_id, item_id order by bought_at)",
                    "bought_at",
                )
            }}
            as gap_days
        from bought
    ),

    final as (
        select user_id, item_id, median(gap_days) as gap_days, count(*) as gap_count
        from spaced
        where gap_days is not null
        group by user_id, item_id
    )

select *
from final
