{#- event_type_in(types): whether the event's type is one of a list.
    event_type_in(["return"])  ->  coalesce(event_type in ('return'), false) -#}
{% macro event_type_in(types) -%}
    {%- if types -%}
        coalesce(
            event_type in (
                {%- for name in types -%}
                    {{ text(name) }}{{ "" if loop.last else ", " }}
                {%- endfor -%}
            ),
            false
        )
    {%- else -%} false
    {%- endif -%}
{%- endmacro %}
