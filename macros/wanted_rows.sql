{#- wanted_rows(input): the where clause of an input; nothing where all rows are wanted.
    Who is on the list of raw table forgotten_users is left out, where the var says so.
    wanted_rows("events")  ->  where (country = 'DE') -#}
{% macro wanted_rows(input) -%}
    {%- set where = var(input).get("where") -%}
    {%- set user = var(input).get("user_id") if var("forgotten_users") -%}
    {%- if where or user %}
        where
    {% endif -%}
        {%- if where %} ({{ where }}) {% endif -%}
        {%- if where and user %} and {% endif -%}
        {%- if user %} {{ is_remembered(mapped(input, "user_id")) }} {% endif -%}
{%- endmacro %}
