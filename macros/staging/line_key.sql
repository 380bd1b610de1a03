{#- line_key(): all that a raw line says, as a number: alike for lines that are alike.
    line_key()  ->  hash((household_id), (product_id), (transaction_timestamp), ...) -#}
{% macro line_key() -%}
    {%- set columns = ["user_id", "item_id", "event_at", "event_type", "basket_id"] -%}
    {%- set columns = columns + ["quantity", "amount", "rating", "region"] -%}
    {%- set columns = columns + ["event_id", "is_deleted"] -%}
    hash(
        {% for column in columns -%}
            {{ mapped("events", column) }}{{ "" if loop.last else ", " }}
        {%- endfor %}
    )
{%- endmacro %}
