-- One row per (user_id, surface, item_id) of surfaces that are optimized: the order in
-- which the program puts the items; what it shows comes first.
{{ config(enabled=surfaces_use(["optimize"]) == "yes") }}
with
    programs as (select * from {{ ref("list_programs") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    found as (select surface, unnest(program.shown, recursive := true) from programs),

    indexed as (select surface, user_index, item_index, item_place from found),

    final as (
        select users.user_id, indexed.surface, items.item_id, indexed.item_place
        from indexed
        inner join users on indexed.user_index = users.user_index
        inner join items on indexed.item_index = items.item_index
    )

select *
from final
