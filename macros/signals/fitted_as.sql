{#- fitted_as(): how the fits of factor models are stored: kept over refreshes where a fit
    is not due in each of them.
    fitted_as()  ->  table -#}
{% macro fitted_as() -%}
    {{- "incremental" if var("refit_every") | int > 1 else "table" -}}
{%- endmacro %}
