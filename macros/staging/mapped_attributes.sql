{#- mapped_attributes(input, key): what a CTE of (key, attribute, attribute_value) goes on
    with: a part for each of an input's attributes, none where it has no table.
    mapped_attributes("items", "item_id")  ->  union all select (product_id), 'type' ... -#}
{% macro mapped_attributes(input, key) %}
    {% set has_table = var(input).get("table") or var(input).get("model") %}
    {% set attributes = (var(input).get("attributes") or {}) if has_table else {} %}
    {% for attribute, expression in attributes.items() %}
        union all
        select
            {{ mapped(input, key) }},
            {{ text(attribute) }},
            nullif(trim(cast(({{ expression }}) as varchar)), '')
        from {{ input_relation(input) }} {{ input_filter(input) }}
    {% endfor %}
{% endmacro %}
