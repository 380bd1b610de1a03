-- One row per (item_index, feature_index): the attribute values of the items that may
-- be shown, numbered.
{{ config(enabled="feature_als" in var("candidate_sources")) }}
with
    attributes as (select * from {{ ref("stg_item_attributes") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select
            items.item_index,
            attributes.attribute,
            attributes.attribute_value,
            cast(
                dense_rank() over (
                    order by attributes.attribute, attributes.attribute_value
                )
                - 1 as integer
            ) as feature_index
        from attributes
        inner join items on attributes.item_id = items.item_id
        where items.is_eligible or items.is_new
    )

select *
from final
