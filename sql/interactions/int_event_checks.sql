-- One row per staged event, with the reason it is not used or null where it is.
with
    events as (select * from {{ ref("stg_events") }}),

    final as (
        select
            user_id,
            item_id,
            event_at,
            unreadable_event_at,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region,
            {{ rejection_reason() }} as rejection_reason
        from events
    )

select *
from final
