{#- block_end(block): when a decay_block ends, in seconds since 1970.
    block_end("decay_block")  ->  (decay_block + 1) * 41472000.0 -#}
{% macro block_end(block) -%}
    ({{ block }} + 1) * {{ 16 * 86400 * (var("rule_decay_days") | float) }}
{%- endmacro %}
