{#- mapped(input, column): the user's SQL expression for a column, null where none is set.
    mapped("events", "quantity")  ->  (quantity) -#}
{% macro mapped(input, column) -%}
    {%- if var(input).get(column) is none -%} null
    {%- else -%} ({{ var(input).get(column) }})
    {%- endif -%}
{%- endmacro %}
