{#- asks_thresholds(): 'yes' where from how many orders on a user gets personal lists is taken
    from the last backtest: personal_min_orders, or min_orders of a surface, is auto.
    asks_thresholds()  ->  yes -#}
{% macro asks_thresholds() -%}
    {{-
        (
            "yes"
            if var("personal_min_orders") == "auto"
            else surfaces_use(["min_orders"], "auto")
        )
    -}}
{%- endmacro %}
