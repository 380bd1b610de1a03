{#- event_weight(event_type): the weight of an event type by var event_weights, null where
    the type is unknown.
    event_weight("event_type")  ->  case event_type when 'purchase' then 1.0 ... end -#}
{% macro event_weight(event_type) -%}
    cast(
        case
            {{ event_type }}
            {%- for name, weight in var("event_weights").items() %}
                when {{ text(name) }} then {{ weight | float }}
            {%- endfor %}
        end as double
    )
{%- endmacro %}
