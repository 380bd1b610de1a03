-- One row: what all accepted events add up to, and the moment that ages count from.
-- reference_at = as_of or else the last event. What may be shown is judged at another
-- moment, in int_serving_time, which moves while nothing happens.
with
    owner_items as (select * from {{ ref("int_owner_items") }}),
    baskets as (select * from {{ ref("int_baskets") }}),

    taken as (
        select
            min(first_at) as first_event_at,
            max(last_at) as last_event_at,
            cast(coalesce(sum(event_count), 0) as bigint) as event_count
        from owner_items
    ),

    placed as (
        select
            count(case when is_order then 1 end) as basket_count,
            count(distinct case when is_order then user_id end) as user_count
        from baskets
    ),

    final as (
        select
            {% if var("as_of") is none %} taken.last_event_at
            {% else %} {{ as_timestamp(var("as_of")) }}
            {% endif %} as reference_at,
            taken.first_event_at,
            taken.last_event_at,
            taken.event_count,
            placed.basket_count,
            placed.user_count
        from taken
        cross join placed
    )

select *
from final
