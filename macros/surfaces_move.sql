{#- surfaces_move(): 'yes' where rules, caps or diversity of an entry of var surfaces move or
    remove items after the strategy has put them in order; else nothing.
    surfaces_move()  ->  yes -#}
{% macro surfaces_move() -%}
    {{- surfaces_use(["rules", "max_per_category", "one_per_variant", "diversity"]) -}}
{%- endmacro %}
