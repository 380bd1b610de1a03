-- One row per (measure, bin): the latest events by their type, and by the power of 2
-- of how
-- many users their item has.
-- The latest are those of the last drift_days before the reference time.
with
    events as (select * from {{ ref("int_events") }}),
    items as (select * from {{ ref("int_items") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    latest as (
        select events.item_id, events.event_type
        from events
        cross join reference
        {% if var("drift_days") is not none %}
            where
                {{ days_between("events.event_at", "reference.reference_at") }}
                < {{ var("drift_days") | float }}
        {% endif %}
    ),

    binned as (
        select 'event_type' as measure, event_type as bin
        from latest
        union all
        select 'item_popularity', {{ log2_bin("items.user_count") }}
        from latest
        inner join items on latest.item_id = items.item_id
    ),

    final as (
        select measure, bin, count(*) as event_count from binned group by measure, bin
    )

select *
from final
