{#- uses_thresholds(): 'yes' where from how many orders on a user gets personal lists is taken
    from the last backtest: personal_min_orders, or min_orders of a surface, is auto.
    uses_thresholds()  ->  yes -#}
{% macro uses_thresholds() -%}
    {{-
        (
            "yes"
            if var("personal_min_orders") == "auto"
            else surfaces_use(["min_orders"], "auto")
        )
    -}}
{%- endmacro %}
