-- One row per (item_id, category): the items as conditions on `items` see them.
-- An item of several categories has a row for each (category_role `own`), and one with
-- a category that no item has (`other`); any other item has one row, without a role.
{{ config(enabled=(surfaces_use(["where"]) or surfaces_move()) == "yes") }}
with
    items as (select * from {{ ref("int_items") }}),
    ages as (select * from {{ ref("int_item_ages") }}),
    item_categories as (select * from {{ ref("stg_item_categories") }}),

    several as (
        select item_id from item_categories group by item_id having count(*) > 1
    ),

    listed as (
        select item_categories.item_id, item_categories.category, 'own' as category_role
        from item_categories
        inner join several on item_categories.item_id = several.item_id
        union all
        select item_id, ' ', 'other'
        from several
    ),

    final as (
        select
            items.item_id,
            items.title,
            coalesce(listed.category, items.category) as category,
            items.item_text,
            items.available_from,
            items.available_to,
            items.variant,
            items.first_at,
            items.last_at,
            ages.age_days,
            items.event_count,
            items.taken_count,
            items.basket_count,
            items.visit_count,
            items.user_count,
            items.is_eligible,
            items.is_new,
            items.item_index,
            items.item_code,
            listed.category_role
        from items
        inner join ages on items.item_id = ages.item_id
        left join listed on items.item_id = listed.item_id
    )

select *
from final
