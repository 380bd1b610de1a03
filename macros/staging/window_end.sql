{#- window_end(input, column): the mapped end of an input's window; where it or the start
    cannot be read, a moment before all others: the row is then never in force.
    window_end("items", "available_to")  ->  case when ... then timestamp '0001-...' ... -#}
{% macro window_end(input, column) -%}
    case
        when {{ unreadable_column(input) }} is not null
        then timestamp '0001-01-01 00:00:00'
        else {{ read_as(mapped(input, column), "timestamp") }}
    end
{%- endmacro %}
