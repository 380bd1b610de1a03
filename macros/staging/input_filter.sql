{#- input_filter(input): the where clause of an input; nothing where all rows are wanted.
    Who is on the list of raw table forgotten_users, which has salted hashes, is left out,
    where the var says so; guests are not.
    input_filter("events")  ->  where (country = 'DE') -#}
{% macro input_filter(input) -%}
    {%- set where = var(input).get("where") -%}
    {%- set user = var(input).get("user_id") if var("forgotten_users") -%}
    {%- if where or user %}
        where
    {% endif -%}
        {%- if where %} ({{ where }}) {% endif -%}
        {%- if where and user %} and {% endif -%}
        {%- if user %}
            {%- set listed = source("forgotten", "forgotten_users") %}
            {%- set text = "cast(" ~ mapped(input, "user_id") ~ " as varchar)" %}
            coalesce(
                sha256(concat((select max(salt) from {{ listed }}), {{ text }}))
                not in (select user_hash from {{ listed }}),
                true
            )
        {% endif -%}
{%- endmacro %}
