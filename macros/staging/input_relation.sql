{#- input_relation(input): the relation an input is read from, a raw table or the
    user's own model.
    input_relation("events")  ->  raw.transactions -#}
{% macro input_relation(input) -%}
    {%- if var(input).get("model") -%} {{ ref(var(input).get("model")) }}
    {%- else -%} {{ source("raw", input) }}
    {%- endif -%}
{%- endmacro %}
