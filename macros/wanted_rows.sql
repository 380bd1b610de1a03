{#- wanted_rows(input): the where clause of an input, one expression; nothing where all rows
    are wanted.
    wanted_rows("events")  ->  where (country = 'DE') -#}
{% macro wanted_rows(input) -%}
    {%- if var(input).get("where") -%}
        where ({{ var(input).get("where") }})
    {%- endif -%}
{%- endmacro %}
