{#- fit_materialization(): how the fits of factor models are stored: kept over refreshes where a fit
    is not due in each of them.
    fit_materialization()  ->  table -#}
{% macro fit_materialization() -%}
    {{- "incremental" if var("refit_every") | int > 1 else "table" -}}
{%- endmacro %}
