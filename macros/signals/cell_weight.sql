{#- cell_weight(kind): what a known item weighs in a model's matrix: decayed (its weight) or
    binary (1), and 0 where it is not liked.
    cell_weight("decayed")  ->  cast(greatest(weight, 0) as float) -#}
{% macro cell_weight(kind) -%}
    cast(
        {{
            {
                "decayed": "greatest(weight, 0)",
                "binary": "case when weight > 0 then 1 else 0 end",
            }[kind]
        }} as float
    )
{%- endmacro %}
