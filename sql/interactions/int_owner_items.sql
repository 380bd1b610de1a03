-- One row per (owner_key, user_id, item_id): how often and when an owner took an item.
-- taken_count counts events that weigh more than 0; a guest's basket has no user_id.
{{
    config(
        materialized=refreshed_as(),
        incremental_strategy="delete+insert",
        unique_key="owner_key",
        post_hook=delete_gone(),
    )
}}
with
    owners as (select * from {{ ref("int_owners") }}),
    events as (select * from {{ ref("int_events") }}),
    latest as (select max(changed_at) as refreshed_at from owners),
    {% if is_incremental() %} changed as ({{ changed_owners(this) }}), {% endif %}

    counted as (
        select
            owner_key,
            user_id,
            item_id,
            count(*) as event_count,
            count(case when event_weight > 0 then 1 end) as taken_count,
            min(event_at) as first_at,
            max(event_at) as last_at
        from events
        {% if is_incremental() %}
            where owner_key in (select owner_key from changed)
        {% endif %}
        group by owner_key, user_id, item_id
    ),

    final as (
        select
            owner_key,
            user_id,
            item_id,
            event_count,
            taken_count,
            first_at,
            last_at,
            refreshed_at
            {{ rows_or_gone("counted", "owner_key", "changed") }}
    )

select *
from final
