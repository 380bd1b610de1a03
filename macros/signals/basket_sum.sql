{#- basket_sum(weight): what a group's baskets weigh together; without rule_decay_days
    each weighs one, so that they are counted.
    basket_sum("basket_weight")  ->  count(*) -#}
{% macro basket_sum(weight) -%}
    {%- if var("rule_decay_days") is none -%} count(*)
    {%- else -%} {{ stable_sum(weight) }}
    {%- endif -%}
{%- endmacro %}
