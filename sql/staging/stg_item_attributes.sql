-- One row per (item_id, attribute): what the catalogue says of an item, name by name.
-- The category and each of var items' attributes; of two values the first by name.
with
    catalogue as (select * from {{ ref("stg_items") }}),

    named as (
        select item_id, 'category' as attribute, category as attribute_value
        from catalogue {{ mapped_attributes("items", "item_id") }}
    ),

    final as (
        select item_id, attribute, min(attribute_value) as attribute_value
        from named
        where item_id is not null and attribute_value is not null
        group by item_id, attribute
    )

select *
from final
