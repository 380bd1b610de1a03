-- One row per (user_id, surface, item_id): the order of a surface whose rules, caps,
-- diversity or program move items. Slots stand at their ranks, and the rest around
-- them.
{{ config(enabled=surfaces_move() == "yes") }}
{% set diverse = surfaces_use(["diversity"]) == "yes" %}
{% set optimized = surfaces_use(["optimize"]) == "yes" %}
with
    orders as (select * from {{ ref("list_orders") }}),
    slots as (select * from {{ ref("list_slots") }}),
    rules as (select * from {{ ref("list_rules") }}),
    {% if diverse %} diverse as (select * from {{ ref("list_diverse") }}), {% endif %}
    {% if optimized %}
        allotted as (select * from {{ ref("list_allotted") }}),
    {% endif %}

    others as (
        select
            orders.*,
            row_number() over (
                partition by orders.user_id, orders.surface
                order by
                    {% if optimized %} allotted.item_place nulls last, {% endif %}
                    {% if diverse %} diverse.item_place nulls last, {% endif %}
                    orders.item_place
            ) as place
        from orders
        left join
            slots
            on orders.user_id = slots.user_id
            and orders.surface = slots.surface
            and orders.item_id = slots.item_id
        {% if diverse %}
            left join
                diverse
                on orders.user_id = diverse.user_id
                and orders.surface = diverse.surface
                and orders.item_id = diverse.item_id
        {% endif %}
        {% if optimized %}
            left join
                allotted
                on orders.user_id = allotted.user_id
                and orders.surface = allotted.surface
                and orders.item_id = allotted.item_id
        {% endif %}
        where orders.item_place is not null and slots.item_id is null
    ),

    -- before the k-th slot, of rank r, stand r - k others; half a place before the next
    final as (
        select
            others.user_id,
            others.surface,
            others.item_id,
            others.candidate_source,
            others.lead_source,
            others.score,
            others.is_repeat,
            others.reason_item_id,
            rules.rule_name as placed_by,
            cast(others.place as double) as place,
            0 as slot_order
        from others
        left join
            rules
            on others.surface = rules.surface
            and others.move_number = rules.rule_number
            and rules.slot_number = 1
        union all
        select
            slots.user_id,
            slots.surface,
            slots.item_id,
            coalesce(orders.candidate_source, 'slot'),
            coalesce(orders.lead_source, 'slot'),
            orders.score,
            slots.is_repeat,
            orders.reason_item_id,
            slots.rule_name,
            slots.slot_rank - slots.slot_order + 0.5,
            slots.slot_order
        from slots
        left join
            orders
            on slots.user_id = orders.user_id
            and slots.surface = orders.surface
            and slots.item_id = orders.item_id
    )

select *
from final
