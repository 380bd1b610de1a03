-- One row per (surface, user_index, item_index) of surfaces that are optimized: what it
-- is worth to show an item to a user.
-- worth = chance * margin; a chance that is not given is 1 / (1 + rank by the
-- strategy).
{{ config(enabled=surfaces_use(["optimize"]) == "yes") }}
{% set diverse = surfaces_use(["diversity"]) == "yes" %}
with
    orders as (select * from {{ ref("list_orders") }}),
    limits as (select * from {{ ref("list_item_limits") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    attributes as (select * from {{ ref("stg_item_details") }}),
    {% if diverse %} diverse as (select * from {{ ref("list_diverse") }}), {% endif %}

    placed as (
        select
            orders.*,
            row_number() over (
                partition by orders.user_id, orders.surface
                order by
                    {% if diverse %} diverse.item_place nulls last, {% endif %}
                    orders.item_place
            ) as place
        from orders
        {% if diverse %}
            left join
                diverse
                on orders.user_id = diverse.user_id
                and orders.surface = diverse.surface
                and orders.item_id = diverse.item_id
        {% endif %}
        where orders.item_place is not null and not orders.is_capped
    ),

    predicted as (
        {% for surface in var("surfaces") if surface.get("optimize") %}
            select
                candidates.surface,
                users.user_index,
                items.item_index,
                candidates.place,
                cast(
                    {{
                        surface["optimize"].get("chance") or ratio(
                            "1", "candidates.plain_rank + 1"
                        )
                    }} as double
                ) as chance
            from placed as candidates
            inner join users on candidates.user_id = users.user_id
            inner join items on candidates.item_id = items.item_id
            left join attributes on candidates.item_id = attributes.item_id
            where candidates.surface = {{ text(surface["name"]) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            predicted.surface,
            predicted.user_index,
            predicted.item_index,
            cast(predicted.place as integer) as place,
            least(greatest(coalesce(predicted.chance, 0), 0), 1) as chance,
            least(greatest(coalesce(predicted.chance, 0), 0), 1)
            * limits.margin as worth
        from predicted
        inner join
            limits
            on predicted.surface = limits.surface
            and predicted.item_index = limits.item_index
    )

select *
from final
