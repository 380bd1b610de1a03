-- One row per accepted event, weighted by its type and number, placed in a basket.
-- Without a basket_id, a pause of session_gap_hours starts a user's next basket.
with
    checked as (select * from {{ ref("int_event_checks") }}),

    accepted as (select * from checked where rejection_reason is null),

    paused as (
        select
            *,
            {{
                days_between(
                    "lag(event_at) over (partition by user_id order by event_at)",
                    "event_at",
                )
            }} * 24 as hours_since_last
        from accepted
        where basket_id is null
    ),

    numbered as (
        select
            *,
            sum(
                case
                    when hours_since_last < {{ var("session_gap_hours") | float }}
                    then 0
                    else 1
                end
            ) over (
                partition by user_id
                order by event_at
                range between unbounded preceding and current row
            ) as session_number
        from paused
    ),

    in_baskets as (
        select
            user_id,
            item_id,
            event_at,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region
        from accepted
        where basket_id is not null
        union all
        select
            user_id,
            item_id,
            event_at,
            event_type,
            concat(cast(user_id as varchar), '#', cast(session_number as varchar)),
            quantity,
            amount,
            rating,
            region
        from numbered
    ),

    final as (
        select
            user_id,
            item_id,
            basket_id,
            event_at,
            event_type,
            region,
            quantity,
            amount,
            rating,
            {{ line_weight() }} as event_weight
        from in_baskets
    )

select *
from final
