-- One row per (owner_key, user_id, item_id): how often, when and how strongly an owner
-- took an item. taken_count counts events that weigh more than 0.
-- weights = sums of event weight * exp(-age / decay_days) as of weighed_at, the owner's
-- last event; a guest's basket has no user_id.
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
    latest as (select max(changed_at) as refreshed_at from owners),
    {% if is_incremental() %} changed as ({{ changed_owners(this) }}), {% endif %}

    events as (
        select *
        from {{ ref("int_events") }}
        {% if is_incremental() %}
            where owner_key in (select owner_key from changed)
        {% endif %}
    ),

    last_events as (
        select owner_key, max(event_at) as weighed_at from events group by owner_key
    ),

    aged as (
        select
            events.*,
            last_events.weighed_at,
            {{ days_between("events.event_at", "last_events.weighed_at") }} as age_days
        from events
        inner join last_events on events.owner_key = last_events.owner_key
    ),

    counted as (
        select
            owner_key,
            user_id,
            item_id,
            count(*) as event_count,
            count(case when event_weight > 0 then 1 end) as taken_count,
            count(distinct basket_id) as basket_count,
            sum(quantity) as quantity,
            min(event_at) as first_at,
            max(event_at) as last_at,
            {{ summed_weights("age_days") }} as weights,
            min(weighed_at) as weighed_at
        from aged
        group by owner_key, user_id, item_id
    ),

    final as (
        select
            owner_key,
            user_id,
            item_id,
            event_count,
            taken_count,
            basket_count,
            quantity,
            first_at,
            last_at,
            weights,
            weighed_at,
            refreshed_at
            {{ rows_or_gone("counted", "owner_key", "changed") }}
    )

select *
from final
