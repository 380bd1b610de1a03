-- One row per (user_id, item_id): how often, when, and how strongly the user took it.
-- weight = sum over events of event weight * exp(-age / decay_days), by the decay of
-- their type or region (macro event_decay); below 0: disliked.
with
    events as (select * from {{ ref("int_events") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    weighted as (
        select
            events.user_id,
            events.item_id,
            events.basket_id,
            events.event_at,
            events.quantity,
            events.event_weight,
            events.event_weight
            *
            {{ event_decay(days_between("events.event_at", "reference.reference_at")) }}
            as weight
        from events
        cross join reference
        where events.user_id is not null
    ),

    summed as (
        select
            user_id,
            item_id,
            count(*) as event_count,
            count(distinct basket_id) as basket_count,
            sum(quantity) as quantity,
            min(event_at) as first_at,
            max(event_at) as last_at,
            -- liked once is liked, also where the weight decays to less than the sum
            -- holds
            greatest(
                {{ stable_sum("weight") }},
                case when min(event_weight) > 0 then 1e-24 end
            ) as weight
        from weighted
        group by user_id, item_id
    ),

    final as (
        select
            summed.user_id,
            summed.item_id,
            users.user_index,
            items.item_index,
            items.is_eligible,
            summed.first_at,
            summed.last_at,
            summed.event_count,
            summed.basket_count,
            summed.quantity,
            {% if var("weight_column") is none %} {{ scaled("summed.weight") }}
            {% else %} summed.weight
            {% endif %} as weight
        from summed
        inner join users on summed.user_id = users.user_id
        inner join items on summed.item_id = items.item_id
    )

select *
from final
