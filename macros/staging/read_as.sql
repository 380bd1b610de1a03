{#- read_as(raw, type): a raw value as a timestamp, double or boolean, null where it cannot
    be read. A text with a zone or an offset is read by it, as UTC.
    read_as("quantity", "double")  ->  try_cast(quantity as double) -#}
{% macro read_as(raw, type) -%}
    {%- if raw | trim == "null" -%} cast(null as {{ type }})
    {%- elif type == "timestamp" -%}
        case
            when {{ has_zone(raw) }}
            then cast(try_cast({{ raw }} as timestamptz) as timestamp)
            else try_cast({{ raw }} as timestamp)
        end
    {%- else -%} try_cast({{ raw }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
