{#- has_zone(raw): whether a raw time is a text that names a zone or an offset. Of columns
    that are no text nothing is computed: DuckDB knows typeof before it reads.
    has_zone("event_at")  ->  typeof(event_at) = 'VARCHAR' and trim(...) <> '' -#}
{% macro has_zone(raw) -%}
    typeof({{ raw }}) = 'VARCHAR'
    and trim(substring(cast({{ raw }} as varchar), 12), '0123456789:. ') <> ''
{%- endmacro %}
