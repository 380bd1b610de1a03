{#- cell_weight(kind): what a taken item weighs in a model's matrix: decayed (its weight) or
    binary (1).
    cell_weight("decayed")  ->  cast(weight as float) -#}
{% macro cell_weight(kind) -%}
    cast({{ {"decayed": "weight", "binary": "1"}[kind] }} as float)
{%- endmacro %}
