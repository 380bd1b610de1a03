{#- text(content): a quoted SQL string.
    text("it's")  ->  'it''s' -#}
{% macro text(content) -%}
    {{ "'" ~ (content | string | replace("'", "''")) ~ "'" }}
{%- endmacro %}
