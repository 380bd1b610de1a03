-- One row per raw event before as_of: renamed and typed, nothing dropped or repaired.
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
        {% if var("as_of") is not none %}
            where event_at is null or event_at < {{ as_timestamp(var("as_of")) }}
        {% endif %}
    )

select *
from final
