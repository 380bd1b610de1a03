-- One row per (user_id, item_id): how often, when, and how strongly the user took it.
-- weight = sum over events of event weight * exp(-age / decay_days), by the decay of
-- their type or region; below 0: disliked. int_owner_items has the sums as of a moment;
-- here they are made as old as they are.
with
    owner_items as (select * from {{ ref("int_owner_items") }}),
    reference as (select * from {{ ref("int_reference_time") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    aged as (
        select
            owner_items.*,
            {{ days_between("owner_items.weighed_at", "reference.reference_at") }}
            as age_days
        from owner_items
        cross join reference
        where owner_items.user_id is not null
    ),

    weighted as (
        select
            *,
            -- liked once is liked, also where the weight decays to less than sums hold
            greatest(
                {{ aged_weight("weights", "age_days") }},
                case when taken_count = event_count then 1e-24 end
            ) as decayed_weight
        from aged
    ),

    final as (
        select
            weighted.user_id,
            weighted.item_id,
            users.user_index,
            items.item_index,
            items.is_eligible,
            weighted.first_at,
            weighted.last_at,
            weighted.event_count,
            weighted.basket_count,
            weighted.quantity,
            {% if var("weight_column") is none %}
                {{ scaled("weighted.decayed_weight") }}
            {% else %} weighted.decayed_weight
            {% endif %} as weight
        from weighted
        inner join users on weighted.user_id = users.user_id
        inner join items on weighted.item_id = items.item_id
    )

select *
from final
