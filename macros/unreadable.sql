{#- unreadable(raw, type): a raw value that cannot be read as a type, as text; else null.
    unreadable("event_at", "timestamp")  ->  case when try_cast(event_at as ...) is null ... -#}
{% macro unreadable(raw, type) -%}
    case
        when try_cast({{ raw }} as {{ type }}) is null then cast({{ raw }} as varchar)
    end
{%- endmacro %}
