-- One row per (item_id, category): every category that the catalogue gives an item.
with
    mapped as (
        select
            {{ mapped("events", "item_id") }} as item_id,
            cast(null as varchar) as category
        from {{ input_relation("events") }}
        where false
        {% if var("items").get("table") or var("items").get("model") %}
            union all
            select
                {{ mapped("items", "item_id") }},
                nullif(trim(cast({{ mapped("items", "category") }} as varchar)), '')
            from {{ input_relation("items") }} {{ input_filter("items") }}
        {% endif %}
    ),

    final as (
        select item_id, category
        from mapped
        where item_id is not null and category is not null
        group by item_id, category
    )

select *
from final
