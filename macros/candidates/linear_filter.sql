{#- linear_filter(source, fitted): the condition on int_user_items of the cells that a source
    of linear_sources scores by: of eligible items, and of those that its matrix has.
    linear_filter("sar", "item_weights")  ->  is_eligible -#}
{% macro linear_filter(source, fitted) -%}
    is_eligible
    {%- if linear_kind(source) == "linear" %}
        and item_index
        in (select item_index from {{ fitted }} where model_name = '{{ source }}')
    {%- endif %}
{%- endmacro %}
