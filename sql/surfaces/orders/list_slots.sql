-- One row per (user_id, surface, slot_rank): the items that rules put at given ranks.
-- Of the items a rule means, those the surface ranks first, then by the rule's order;
-- an item belongs to the first rule that means it, and none moves down.
{{ config(enabled=surfaces_move() == "yes") }}
with
    slot_items as (select * from {{ ref("list_slot_items") }}),
    rules as (select * from {{ ref("list_rules") }}),
    orders as (select * from {{ ref("list_orders") }}),
    surfaces as (select * from {{ ref("list_surfaces") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),

    firsts as (
        select surface, rule_number, min(slot_rank) as first_rank
        from rules
        group by surface, rule_number
    ),

    allowed as (
        select
            slot_items.*,
            {{ surface_repeat("surfaces", "user_items") }} as is_repeat,
            orders.item_place,
            row_number() over (
                partition by slot_items.user_id, slot_items.surface, slot_items.item_id
                order by slot_items.rule_number
            ) as mention
        from slot_items
        inner join surfaces on slot_items.surface = surfaces.surface
        inner join
            firsts
            on slot_items.surface = firsts.surface
            and slot_items.rule_number = firsts.rule_number
        left join
            user_items
            on slot_items.user_id = user_items.user_id
            and slot_items.item_id = user_items.item_id
        left join
            exclusions
            on slot_items.user_id = exclusions.user_id
            and slot_items.item_id = exclusions.item_id
        left join
            orders
            on slot_items.user_id = orders.user_id
            and slot_items.surface = orders.surface
            and slot_items.item_id = orders.item_id
        where
            exclusions.item_id is null
            and orders.left_out is null
            and coalesce(orders.item_place >= firsts.first_rank, true)
            and {{
                matches_allow_repeat(
                    surface_repeat("surfaces", "user_items"), "surfaces.allow_repeat"
                )
            }}
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by user_id, surface, rule_number
                order by item_place nulls last, preference
            ) as slot_number
        from allowed
        where mention = 1
    ),

    final as (
        select
            numbered.user_id,
            numbered.surface,
            numbered.item_id,
            numbered.is_repeat,
            numbered.rule_number,
            rules.rule_name,
            rules.slot_rank,
            row_number() over (
                partition by numbered.user_id, numbered.surface
                order by rules.slot_rank, numbered.rule_number, numbered.slot_number
            ) as slot_order
        from numbered
        inner join
            rules
            on numbered.surface = rules.surface
            and numbered.rule_number = rules.rule_number
            and numbered.slot_number = rules.slot_number
    )

select *
from final
