{#- attributes_by_name(): the body of a CTE with one row per item and one column per attribute
    of var items. The model imports stg_item_attributes as item_attributes.
    attributes_by_name()  ->  select item_id, max(case when ...) as brand from ... -#}
{% macro attributes_by_name() %}
    select
        item_id,
        {% for name in (var("items").get("attributes") or {}) %}
            max(
                case when attribute = {{ text(name) }} then attribute_value end
            ) as {{ name }},
        {% endfor %}
        max(case when attribute = 'category' then attribute_value end) as category
    from item_attributes
    group by item_id
{% endmacro %}
