{#- measures_ratings(): 'yes' in a backtest that asks for rmse or mae where ratings are
    predicted; else nothing.
    measures_ratings()  ->  yes -#}
{% macro measures_ratings() -%}
    {%- set asked = var("eval_metrics") | select("in", ["rmse", "mae"]) | list -%}
    {{- "yes" if var("as_of") is not none and asked and predicts_ratings() == "yes" -}}
{%- endmacro %}
