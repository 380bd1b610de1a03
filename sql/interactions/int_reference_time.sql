-- One row: the moment that ages are counted from, as_of or else the last event.
with
    events as (select * from {{ ref("int_events") }}),

    final as (
        select
            {% if var("as_of") is none %} max(event_at)
            {% else %} {{ as_timestamp(var("as_of")) }}
            {% endif %} as reference_at,
            min(event_at) as first_event_at,
            max(event_at) as last_event_at,
            count(*) as event_count,
            count(distinct basket_id) as basket_count,
            count(distinct user_id) as user_count
        from events
    )

select *
from final
