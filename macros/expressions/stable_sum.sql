{#- stable_sum(term, over=""): a sum of doubles that is the same to the last bit for every
    order of rows and number of threads. Terms become whole multiples of 2^-80, and whole
    numbers add up exactly; the sum must stay below 2^47. `over` makes it a window's.
    stable_sum("weight")  ->  (cast(sum(cast(weight * power(2, 80) as hugeint)) ... -#}
{% macro stable_sum(term, over="") -%}
    (
        cast(sum(cast(({{ term }}) * power(2, 80) as hugeint)) {{ over }} as double)
        / power(2, 80)
    )
{%- endmacro %}
