-- One row per (surface, item_index) of surfaces that are optimized: how much of an item
-- the lists use. slots = times shown; pieces = sum of chances that it is taken.
{{ config(enabled=surfaces_use(["optimize"]) == "yes") }}
with
    shown as (select * from {{ ref("list_shown") }}),
    worths as (select * from {{ ref("list_worths") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    surfaces as (select * from {{ ref("list_surfaces") }} where is_optimized),

    final as (
        select
            shown.surface,
            items.item_index,
            count(*) as slots,
            {{ stable_sum("coalesce(worths.chance, 0)") }} as pieces
        from shown
        inner join surfaces on shown.surface = surfaces.surface
        inner join users on shown.user_id = users.user_id
        inner join items on shown.item_id = items.item_id
        left join
            worths
            on shown.surface = worths.surface
            and users.user_index = worths.user_index
            and items.item_index = worths.item_index
        group by shown.surface, items.item_index
    )

select *
from final
