{#- delete_removals(): the post_hook of models that end in rows_and_removals.
    delete_removals()  ->  delete from main.int_events where refreshed_at is null -#}
{% macro delete_removals() -%}
    {{- "delete from {{ this }} where refreshed_at is null" -}}
{%- endmacro %}
