{#- is_no_item(item_id): whether an id is a code that is no product (postage, fees), by the
    regular expression of var not_item_pattern, which must match the whole id.
    is_no_item("item_id")  ->  regexp_full_match(cast(item_id as varchar), 'POST|M') -#}
{% macro is_no_item(item_id) -%}
    regexp_full_match(
        cast({{ item_id }} as varchar), {{ text(var("not_item_pattern")) }}
    )
{%- endmacro %}
