{#- text_or_null(content): a quoted SQL string, null where there is no content.
    text_or_null("home")  ->  'home' -#}
{% macro text_or_null(content) -%}
    {%- if content -%} {{ text(content) }}
    {%- else -%} cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
