{#- implausible_time(input, column): the raw text of a time at which nothing was done: before var
    earliest_event_at, or after 2100. Null for windows, which may be without end.
    implausible_time("events", "event_at")  ->  case when ... < timestamp '1971-01-01' ... end -#}
{% macro implausible_time(input, column) -%}
    {%- set raw = mapped(input, column) -%}
    {%- if column in ["event_at", "shown_at", "clicked_at"] -%}
        case
            when
                {{ read_as(raw, "timestamp") }}
                < {{ as_timestamp(var("earliest_event_at")) }}
                or {{ read_as(raw, "timestamp") }} > timestamp '2100-01-01 00:00:00'
            then substring(cast({{ raw }} as varchar), 1, 200)
        end
    {%- else -%} cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
