{#- unreadable(raw, type): a raw value that cannot be read as a type, as text; else null.
    Null and blank text are no value.
    unreadable("quantity", "double")  ->  case when try_cast(...) is not null then null ... -#}
{% macro unreadable(raw, type) -%}
    case
        when {{ read_as(raw, type) }} is not null
        then null
        when trim(cast({{ raw }} as varchar)) <> ''
        then substring(cast({{ raw }} as varchar), 1, 200)
    end
{%- endmacro %}
