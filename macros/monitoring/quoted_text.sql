{#- quoted_text(column): a text of the data in quotes and short; empty where it is null.
    quoted_text("example")  ->  case when example is null then '' else concat('"', ...) end -#}
{% macro quoted_text(column) -%}
    case
        when {{ column }} is null
        then ''
        else concat('"', substring({{ column }}, 1, 60), '"')
    end
{%- endmacro %}
