-- One row per item_id of the catalogue: its attributes by name, in their own types.
-- Of two values of one attribute the smaller; blank texts are none.
{% set has_table = var("items").get("table") or var("items").get("model") %}
{% set attributes = dict(var("items").get("attributes") or {}) %}
{% set names = attributes | reject("equalto", "category") | list %}
with
    catalogue as (select * from {{ ref("stg_items") }}),

    listed as (
        {% if has_table %}
            select
                {{ mapped("items", "item_id") }} as item_id
                {% for name in names %}
                    , ({{ attributes[name] }}) as {{ name }}
                {% endfor %}
            from {{ input_relation("items") }} {{ input_filter("items") }}
        {% else %}
            select
                item_id
                {% for name in names %}, cast(null as varchar) as {{ name }}
                {% endfor %}
            from catalogue
        {% endif %}
    ),

    grouped as (
        select
            item_id
            {% for name in names %}
                ,
                min(
                    case
                        when trim(cast({{ name }} as varchar)) <> '' then {{ name }}
                    end
                ) as {{ name }}
            {% endfor %}
        from listed
        where item_id is not null
        group by item_id
    ),

    final as (
        select
            catalogue.item_id,
            {% for name in names %} grouped.{{ name }}, {% endfor %}
            catalogue.category
        from catalogue
        left join grouped on catalogue.item_id = grouped.item_id
    )

select *
from final
