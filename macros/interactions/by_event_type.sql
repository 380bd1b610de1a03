{#- by_event_type(aggregate, column): an aggregate of a column for each type of var
    event_weights apart, as one struct whose fields are the types.
    by_event_type("count", "event_at")
    ->  {'view': count(case when event_type = 'view' then event_at end), ...} -#}
{% macro by_event_type(aggregate, column) -%}
    {
        {%- for name in var("event_weights") %}
            {{ text(name) }}:{{ aggregate }} (
                case when event_type = {{ text(name) }} then {{ column }} end
            )
            {{- "" if loop.last else "," }}
        {%- endfor %}
    }
{%- endmacro %}
