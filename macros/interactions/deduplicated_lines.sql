{#- deduplicated_lines(lines): the body of a CTE that finds repeated lines by var repeated_lines:
    one of them stays, and under `sum` it stands for the units and the amount of all.
    deduplicated_lines("validated")  ->  select *, ... as reason, ... as units, ... from validated -#}
{% macro deduplicated_lines(lines) %}
    {%- set rule = var("repeated_lines") %}
    {%- set repeats = "over (" ~ repeat_keys() ~ ")" %}
    select
        *,
        case
            when line_reason is not null
            then line_reason
            when {{ repeat_number() }} > 1
            then
                '{{ {"exact": "exact_duplicate", "sum": "merged_line"}.get(rule, "superseded") }}'
        end as reason,
        {% if rule == "sum" %}
            sum({{ line_units() }}) {{ repeats }} as units,
            {{ stable_sum("case when line_reason is null then amount end", repeats) }}
        {% else %} {{ line_units() }} as units, amount
        {% endif %} as line_amount
    from {{ lines }}
{% endmacro %}
