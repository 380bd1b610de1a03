{#- fitted_models(): the factor models that are built and whose fit may be kept (see
    fitted_as), a blank between them. That of attributes is there for what is new.
    fitted_models()  ->  als bpr -#}
{% macro fitted_models() -%}
    {{- factor_sources().split() | reject("in", ["feature_als"]) | join(" ") -}}
{%- endmacro %}
