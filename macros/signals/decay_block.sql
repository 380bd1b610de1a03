{#- decay_block(moment): the number of the block of time that a moment is in. A block lasts 16
    rule_decay_days: weights that are counted up to its end differ by less than e^16, so
    that they add up as whole numbers of block_weight, whatever the time is now.
    decay_block("basket_at")  ->  cast(floor(epoch(basket_at) / 41472000.0) as integer) -#}
{% macro decay_block(moment) -%}
    {%- set seconds = 16 * 86400 * (var("rule_decay_days") | float) -%}
    cast(floor(cast(epoch({{ moment }}) as double) / {{ seconds }}) as integer)
{%- endmacro %}
