{#- last_of_types(types, last_at): when an event of one of the types was last, from a struct
    that by_event_type made; null where var event_weights has none of them.
    last_of_types(["cart"], "type_last_at")  ->  greatest(type_last_at['cart'], null) -#}
{% macro last_of_types(types, last_at) -%}
    greatest(
        {%- for name in types if name in var("event_weights") -%}
            {{ last_at }} [{{ text(name) }}],
        {%- endfor -%}
        cast(null as timestamp)
    )
{%- endmacro %}
