-- One row per (item_id, attribute): what the catalogue says of an item, name by name.
-- The category and each of var items' attributes; of two values the first by name.
{% set has_catalogue = var("items").get("table") or var("items").get("model") %}
{% set attributes = (var("items").get("attributes") or {}) if has_catalogue else {} %}
with
    catalogue as (select * from {{ ref("stg_items") }}),

    named as (
        select item_id, 'category' as attribute, category as attribute_value
        from catalogue
        {% for attribute, expression in attributes.items() %}
            union all
            select
                {{ mapped("items", "item_id") }},
                {{ text(attribute) }},
                nullif(trim(cast(({{ expression }}) as varchar)), '')
            from {{ input_relation("items") }}
            {% if var("items").get("where") %}
                where {{ var("items").get("where") }}
            {% endif %}
        {% endfor %}
    ),

    final as (
        select item_id, attribute, min(attribute_value) as attribute_value
        from named
        where item_id is not null and attribute_value is not null
        group by item_id, attribute
    )

select *
from final
