{#- unreadable_column(input): the first mapped column of a raw row that holds a value which
    cannot be read, null where all can.
    unreadable_column("restrictions")
    ->  case when case when ... end is not null then 'starts_at' ... end -#}
{% macro unreadable_column(input) -%}
    case
        {% for pair in typed_columns(input).split() -%}
            {%- set column, type = pair.split(":") -%}
            when {{ unreadable(mapped(input, column), type) }} is not null
            then {{ text(column) }}
        {% endfor -%}
        when false
        then cast(null as varchar)
    end
{%- endmacro %}
