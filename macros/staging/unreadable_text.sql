{#- unreadable_text(input): what stands in the unreadable_column of a raw row, as text.
    unreadable_text("restrictions")  ->  coalesce(case when ... end, null) -#}
{% macro unreadable_text(input) -%}
    coalesce(
        {% for pair in typed_columns(input).split() -%}
            {%- set column, type = pair.split(":") -%}
            {{ unreadable(mapped(input, column), type) }},
        {% endfor -%}
        cast(null as varchar)
    )
{%- endmacro %}
