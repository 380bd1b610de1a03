{#- has_propensities(): 'yes' in a backtest where input exposures says how likely each was to
    be shown, so that lists can be valued by them; else nothing.
    has_propensities()  ->  yes -#}
{% macro has_propensities() -%}
    {%- set given = var("exposures") -%}
    {%- set is_there = given.get("table") is not none or given.get("model") -%}
    {{-
        "yes"
        if var("as_of") is not none and is_there and given.get("propensity") is not none
    -}}
{%- endmacro %}
