{#- stable_sum(term): a sum of doubles that is the same to the last bit for every order
    of rows and number of threads: the terms are added from the smallest up.
    stable_sum("weight")  ->  sum(weight order by weight) -#}
{% macro stable_sum(term) -%} sum({{ term }} order by {{ term }}) {%- endmacro %}
