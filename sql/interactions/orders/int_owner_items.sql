-- One row per (owner_key, user_id, item_id): how often, when and how strongly an owner
-- took an item, saw it (any other event of 0 or more), or disliked it (below 0).
-- weights = sums of event weight * exp(-age / decay_days) as of weighed_at, the owner's
-- last event; a guest's basket has no user_id.
{{
    config(
        materialized=incremental_materialization(),
        incremental_strategy="delete+insert",
        unique_key="owner_key",
        post_hook=delete_removals(),
    )
}}
with
    owners as (select * from {{ ref("int_owners") }}),
    latest as (select max(changed_at) as refreshed_at from owners),
    {% if is_incremental() %}
        changed as ({{ changed_owners("owners", this) }}),
    {% endif %}

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
            count(*) filter (where is_taken) as taken_count,
            count(*) filter (where not is_taken and event_weight >= 0) as seen_count,
            count(*) filter (where event_weight < 0) as disliked_count,
            count(*) filter (where event_weight > 0) as liked_count,
            count(distinct basket_id) filter (where is_taken) as basket_count,
            count(distinct basket_id) filter (where event_weight > 0) as visit_count,
            sum(quantity) filter (where is_taken) as quantity,
            min(event_at) as first_at,
            max(event_at) as last_at,
            min(event_at) filter (where is_taken) as first_taken_at,
            max(event_at) filter (where is_taken) as last_taken_at,
            {{ by_event_type("count", "event_at") }} as type_counts,
            {{ by_event_type("max", "event_at") }} as type_last_at,
            {{ decay_sums("age_days") }} as weights,
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
            seen_count,
            disliked_count,
            liked_count,
            basket_count,
            visit_count,
            quantity,
            first_at,
            last_at,
            first_taken_at,
            last_taken_at,
            type_counts,
            type_last_at,
            weights,
            weighed_at,
            refreshed_at
            {{ rows_and_removals("counted", "latest", "owner_key", "changed") }}
    )

select *
from final
