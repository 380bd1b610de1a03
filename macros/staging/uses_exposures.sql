{#- uses_exposures(): 'yes' where an experiment or the cap of a surface asks what users were
    shown; else nothing.
    uses_exposures()  ->  yes -#}
{% macro uses_exposures() -%}
    {{- "yes" if var("experiments") | length > 0 or surfaces_use(["cap"]) == "yes" -}}
{%- endmacro %}
