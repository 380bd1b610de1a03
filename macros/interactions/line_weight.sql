{#- line_weight(): what an accepted event weighs before decay: the weight of its type, times
    its number (var weight_column, scaled); 1 where the event has no such number.
    line_weight()  ->  cast(case event_type when ... end as double) * coalesce(...) -#}
{% macro line_weight() -%}
    {%- set number = var("weight_column") -%}
    {{ event_weight("event_type") }}
    {%- if number is not none %}
        * case when {{ number }} is null then 1 else {{ scaled_weight(number) }} end
    {%- endif -%}
{%- endmacro %}
