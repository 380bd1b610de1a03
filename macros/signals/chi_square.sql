{#- chi_square(): Pearson's statistic of a two by two table, from a CTE's doubles has_both,
    has_x, has_y, lacks_x, lacks_y and total; null where a side is in all baskets or none.
    chi_square()  ->  (total * pow(has_both * total - has_x * has_y, 2)) / nullif(..., 0) -#}
{% macro chi_square() -%}
    (total * pow(has_both * total - has_x * has_y, 2))
    / nullif((has_x * has_y) * (lacks_x * lacks_y), 0)
{%- endmacro %}
