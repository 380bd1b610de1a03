{#- event_key(): which event a raw line, or a tombstone, is about, as text: its event_id, or
    where none is mapped its user, item and basket (lengths keep them apart).
    event_key()  ->  cast((line_id) as varchar) -#}
{% macro event_key() -%}
    {%- if var("events").get("event_id") is not none -%}
        cast({{ mapped("events", "event_id") }} as varchar)
    {%- else -%}
        concat(
            {% for column in ["user_id", "item_id", "basket_id"] -%}
                {%- set id = "cast(" ~ mapped("events", column) ~ " as varchar)" -%}
                length({{ id }}),
                ':',
                {{ id }}{{ "" if loop.last else ", " }}
            {%- endfor %}
        )
    {%- endif -%}
{%- endmacro %}
