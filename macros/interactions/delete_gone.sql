{#- delete_gone(): the post_hook of models that end in rows_or_gone.
    delete_gone()  ->  delete from main.int_events where refreshed_at is null -#}
{% macro delete_gone() -%}
    {{- "delete from {{ this }} where refreshed_at is null" -}}
{%- endmacro %}
