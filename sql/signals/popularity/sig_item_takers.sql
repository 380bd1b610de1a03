-- One row per (user_id, item_id) of an eligible item: who took it, and whether of late.
-- is_recent: in the last trend_days; is_previous: in the trend_days before these.
with
    events as (select * from {{ ref("int_events") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    dated as (
        select
            events.user_id,
            events.item_id,
            floor(
                {{ days_between("events.event_at", "reference.reference_at") }}
                / {{ var("trend_days") | int }}
            ) as windows_ago
        from events
        cross join reference
        where events.user_id is not null and events.is_taken
    ),

    recent as (
        select
            user_id,
            item_id,
            min(windows_ago) <= 0 as is_recent,
            max(windows_ago) = 1 as is_previous
        from dated
        where windows_ago <= 1
        group by user_id, item_id
    ),

    final as (
        select
            user_items.user_id,
            user_items.item_id,
            user_items.item_index,
            user_items.weight,
            coalesce(recent.is_recent, false) as is_recent,
            coalesce(recent.is_previous, false) as is_previous
        from user_items
        left join
            recent
            on user_items.user_id = recent.user_id
            and user_items.item_id = recent.item_id
        where user_items.is_eligible and user_items.is_taken and user_items.weight > 0
    )

select *
from final
