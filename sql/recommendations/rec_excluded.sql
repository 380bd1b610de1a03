-- One row per (user_id, surface, plain_rank): what a surface would have shown by its
-- strategy alone, and which rule or cap took its place.
with
    pools as (select * from {{ ref("list_pools") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    shown as (select * from {{ ref("list_shown") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if surfaces_move() == "yes" %}
        orders as (select * from {{ ref("list_orders") }}),
        rules as (select * from {{ ref("list_rules") }}),
    {% endif %}

    missed as (
        select pools.*, surfaces.is_optimized
        from pools
        inner join
            surfaces
            on pools.surface = surfaces.surface
            and surfaces.is_moved
            and pools.plain_rank <= surfaces.list_length
        left join
            shown
            on pools.user_id = shown.user_id
            and pools.surface = shown.surface
            and pools.item_id = shown.item_id
        where shown.item_id is null
    ),

    {% if surfaces_move() == "yes" %}
        judged as (
            select
                missed.*,
                rules.rule_name,
                coalesce(
                    orders.left_out,
                    case
                        when orders.is_capped
                        then 'capped'
                        when orders.move_factor < 1
                        then 'buried'
                        when missed.is_optimized
                        then 'priced out'
                        else 'displaced'
                    end
                ) as step
            from missed
            inner join
                orders
                on missed.user_id = orders.user_id
                and missed.surface = orders.surface
                and missed.item_id = orders.item_id
            left join
                rules
                on orders.surface = rules.surface
                and coalesce(orders.hide_number, orders.move_number) = rules.rule_number
                and rules.slot_number = 1
        ),
    {% else %}
        judged as (
            select *, cast(null as varchar) as rule_name, 'displaced' as step
            from missed
        ),
    {% endif %}

    final as (
        select
            judged.user_id,
            judged.surface,
            judged.item_id,
            items.title as item_title,
            items.category,
            judged.candidate_source,
            judged.plain_rank,
            judged.step,
            judged.rule_name,
            {{ text(invocation_id) }} as run_id,
            {{ as_timestamp(run_started_at) }} as generated_at
        from judged
        inner join items on judged.item_id = items.item_id
    )

select *
from final
