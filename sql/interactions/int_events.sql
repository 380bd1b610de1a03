-- One row per accepted event, weighted by its type and number, placed in a basket.
-- is_taken: a line of an order. All other events are signs of interest, or dislikes.
-- Without a basket_id, a pause of session_gap_hours starts a user's next basket.
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
    checked as (select * from {{ ref("int_event_checks") }}),
    latest as (select max(changed_at) as refreshed_at from owners),
    {% if is_incremental() %} changed as ({{ changed_owners(this) }}), {% endif %}

    accepted as (
        select *
        from checked
        where
            rejection_reason is null
            {% if is_incremental() %}
                and owner_key in (select owner_key from changed)
            {% endif %}
    ),

    paused as (
        select
            *,
            {{
                days_between(
                    "lag(event_at) over (partition by user_id order by event_at)",
                    "event_at",
                )
            }} * 24 as hours_since_last
        from accepted
        where basket_id is null
    ),

    numbered as (
        select
            *,
            sum(
                case
                    when hours_since_last < {{ var("session_gap_hours") | float }}
                    then 0
                    else 1
                end
            ) over (
                partition by user_id
                order by event_at
                range between unbounded preceding and current row
            ) as session_number
        from paused
    ),

    in_baskets as (
        select *, null as hours_since_last, null as session_number
        from accepted
        where basket_id is not null
        union all
        select *
        from numbered
    ),

    final as (
        select
            user_id,
            item_id,
            coalesce(
                basket_id,
                concat(cast(user_id as varchar), '#', cast(session_number as varchar))
            ) as basket_id,
            event_at,
            event_type,
            region,
            quantity,
            amount,
            rating,
            {{ line_weight() }} as event_weight,
            {{ is_taken() }} as is_taken,
            owner_key,
            refreshed_at
            {{ rows_or_gone("in_baskets", "owner_key", "changed") }}
    )

select *
from final
