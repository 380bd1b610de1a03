{#- sum_of_blocks(weight, block, moment): sums of block_weight of several blocks as one sum of
    weights at a moment.
    sum_of_blocks("pair_weight", "decay_block", "reference_at")  ->  (cast(sum(...) ... -#}
{% macro sum_of_blocks(weight, block, moment) -%}
    {%- set days = var("rule_decay_days") | float -%}
    {%- set end = block_end(block) -%}
    {%- set age = "(cast(epoch(" ~ moment ~ ") as double) - " ~ end ~ ") / 86400.0" -%}
    {{
        stable_sum(
            "cast(" ~ weight ~ " as double) / power(2, 100) * " ~ decay(age, days)
        )
    }}
{%- endmacro %}
