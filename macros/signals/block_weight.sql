{#- block_weight(moment): exp(-age / rule_decay_days) of a moment as seen from the end of its
    decay_block, in whole multiples of 2^-100. Sums of them must stay below 2^27.
    block_weight("basket_at")  ->  cast(exp(...) * power(2, 100) as hugeint) -#}
{% macro block_weight(moment) -%}
    {%- set days = var("rule_decay_days") | float -%}
    {%- set end = block_end(decay_block(moment)) -%}
    {%- set age = "(" ~ end ~ " - cast(epoch(" ~ moment ~ ") as double)) / 86400.0" -%}
    cast({{ decay(age, days) }} * power(2, 100) as hugeint)
{%- endmacro %}
