-- One row per raw event in the holdout_days from as_of on; only evaluation reads them.
{{ config(enabled=var("as_of") is not none) }}
with
    mapped as ({{ mapped_events() }}),

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
            region
        from mapped
        where
            event_at >= {{ as_timestamp(var("as_of")) }}
            and event_at
            <= {{ as_timestamp(var("as_of")) }}
            + interval '{{ var("holdout_days") | int }}' day
    )

select *
from final
