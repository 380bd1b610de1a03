{#- scaled_weight(number): a number as a strength by var weight_scale; below 0 it stays below.
    scaled_weight("rating")  ->  case when rating >= 4.0 then 1.0 else 0.0 end -#}
{% macro scaled_weight(number) -%}
    {%- set scale = var("weight_scale") -%}
    {%- if scale == "raw" -%} {{ number }}
    {%- elif scale == "log" -%}
        case
            when {{ number }} < 0 then - ln(1 - {{ number }}) else ln(1 + {{ number }})
        end
    {%- elif scale == "binary" -%}
        case when {{ number }} > 0 then 1.0 when {{ number }} < 0 then -1.0 else 0.0 end
    {%- elif scale == "threshold" -%}
        case
            when {{ number }} >= {{ var("weight_threshold") | float }}
            then 1.0
            else {{ var("weight_below_threshold") | float }}
        end
    {%- endif -%}
{%- endmacro %}
