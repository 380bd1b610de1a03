{#- two_by_two(both): a rule's table of baskets, as columns of doubles: with both sides, with
    either, without it, and all; from a CTE with the rule's counts.
    two_by_two("pair_count")  ->  cast(pair_count as double) as has_both, ... as total -#}
{% macro two_by_two(both) -%}
    cast({{ both }} as double) as has_both,
    cast(antecedent_count as double) as has_x,
    cast(consequent_count as double) as has_y,
    cast(basket_count - antecedent_count as double) as lacks_x,
    cast(basket_count - consequent_count as double) as lacks_y,
    cast(basket_count as double) as total
{%- endmacro %}
