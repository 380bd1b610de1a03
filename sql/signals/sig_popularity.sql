-- One row per eligible item: how many users took it, and whether that is growing.
-- trend = (users in the last trend_days + 1) / (users in the trend_days before + 1).
with
    events as (select * from {{ ref("int_events") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    items as (select * from {{ ref("int_items") }}),

    dated as (
        select
            events.item_id,
            events.user_id,
            floor(
                {{ days_between("events.event_at", "reference.reference_at") }}
                / {{ var("trend_days") | int }}
            ) as windows_ago
        from events
        cross join reference
        where events.event_weight > 0
    ),

    recent as (
        select
            item_id,
            count(distinct case when windows_ago <= 0 then user_id end) as recent_count,
            count(distinct case when windows_ago = 1 then user_id end) as previous_count
        from dated
        where windows_ago <= 1
        group by item_id
    ),

    final as (
        select
            items.item_id,
            items.item_index,
            items.user_count,
            items.basket_count,
            {{ ratio("items.user_count", "reference.user_count") }} as user_share,
            {{
                ratio(
                    "coalesce(recent.recent_count, 0) + 1",
                    "coalesce(recent.previous_count, 0) + 1",
                )
            }} as trend,
            items.item_index + 1 as popularity_rank
        from items
        cross join reference
        left join recent on items.item_id = recent.item_id
        where items.is_eligible
    )

select *
from final
