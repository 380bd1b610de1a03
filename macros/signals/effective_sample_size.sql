{#- effective_sample_size(size): how many equal ones would meet as often as these unequal ones
    do: (sum of sizes)^2 / sum of sizes^2 (Kish 1965).
    effective_sample_size("item_count")  ->  (cast(sum(item_count) * sum(item_count) ... -#}
{% macro effective_sample_size(size) -%}
    {{
        ratio(
            "sum(" ~ size ~ ") * sum(" ~ size ~ ")",
            "sum(" ~ size ~ " * " ~ size ~ ")",
        )
    }}
{%- endmacro %}
