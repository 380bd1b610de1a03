{#- typed_columns(input): the mapped columns of an input that are read as a time, a number or
    a flag, each with its type.
    typed_columns("restrictions")  ->  starts_at:timestamp ends_at:timestamp -#}
{% macro typed_columns(input) -%}
    {%- set names = {
        "timestamp": [
            "event_at",
            "available_from",
            "available_to",
            "starts_at",
            "ends_at",
            "shown_at",
            "clicked_at",
        ],
        "double": ["quantity", "amount", "rating", "propensity"],
        "boolean": ["is_test", "is_deleted"],
    } -%}
    {%- set has_table = var(input).get("table") or var(input).get("model") -%}
    {%- for type, columns in names.items() if has_table -%}
        {%- for column in columns if var(input).get(column) is not none %}
            {{ column }}:{{ type }}
        {% endfor -%}
    {%- endfor -%}
{%- endmacro %}
