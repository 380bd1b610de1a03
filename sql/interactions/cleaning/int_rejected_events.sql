-- One row per event that is not used: the quarantine, with the reason.
with
    checked as (select * from {{ ref("int_event_checks") }}),

    final as (
        select
            user_id,
            item_id,
            event_at,
            unreadable_column,
            unreadable_text,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region,
            event_id,
            rejection_reason
        from checked
        where rejection_reason is not null
    )

select *
from final
