{#- days_between(earlier, later): elapsed days as a double, not calendar boundaries.
    days_between("event_at", "moment")  ->  ((epoch(moment) - epoch(event_at)) / 86400.0) -#}
{% macro days_between(earlier, later) -%}
    (
        (cast(epoch({{ later }}) as double) - cast(epoch({{ earlier }}) as double))
        / 86400.0
    )
{%- endmacro %}
