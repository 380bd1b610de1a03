{#- ratio(numerator, denominator): a double, null where the denominator is 0.
    ratio("pair_count", "basket_count")
    ->  (cast(pair_count as double) / nullif(basket_count, 0)) -#}
{% macro ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif({{ denominator }}, 0))
{%- endmacro %}
