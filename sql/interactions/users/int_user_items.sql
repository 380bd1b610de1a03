-- One row per (user_id, item_id): how often and when the user took, saw or disliked it.
-- weight = sum over events of event weight * exp(-age / decay_days), by the decay of
-- their type or region; below 0: disliked. int_owner_items has the sums as of a moment;
-- here they are made as old as they are.
with
    owner_items as (select * from {{ ref("int_owner_items") }}),
    returns as (select * from {{ ref("int_returns") }}),
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
            {{ last_of_types(var("cart_event_types"), "type_last_at") }} as cart_at,
            {{ last_of_types(var("uncart_event_types"), "type_last_at") }}
            as emptied_at,
            -- liked once is liked, also where the weight decays to less than sums hold
            greatest(
                {{ decayed_sum("weights", "age_days") }},
                case when liked_count = event_count then 1e-24 end
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
            weighted.taken_count > 0 as is_taken,
            coalesce(
                weighted.cart_at > greatest(
                    weighted.emptied_at, weighted.last_taken_at, returns.bought_at
                ),
                weighted.cart_at is not null
            ) as is_in_cart,
            weighted.first_at,
            weighted.last_at,
            weighted.first_taken_at,
            weighted.last_taken_at,
            weighted.event_count,
            weighted.taken_count,
            weighted.seen_count,
            weighted.disliked_count,
            weighted.type_counts,
            weighted.type_last_at,
            weighted.basket_count,
            weighted.visit_count,
            weighted.quantity,
            {% if var("weight_column") is none %}
                {{ scaled_weight("weighted.decayed_weight") }}
            {% else %} weighted.decayed_weight
            {% endif %} as weight
        from weighted
        inner join users on weighted.user_id = users.user_id
        inner join items on weighted.item_id = items.item_id
        left join
            returns
            on weighted.user_id = returns.user_id
            and weighted.item_id = returns.item_id
    )

select *
from final
