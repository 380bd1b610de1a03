{#- add_seconds(moment, seconds): a timestamp that much later.
    add_seconds("last_at", "gap_seconds")  ->  (last_at + to_seconds(gap_seconds)) -#}
{% macro add_seconds(moment, seconds) -%}
    ({{ moment }} + to_seconds({{ seconds }}))
{%- endmacro %}
