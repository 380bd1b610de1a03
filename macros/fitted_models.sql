{#- fitted_models(): the factor models that are built and whose fit may be kept (see
    fitted_as), a blank between them.
    fitted_models()  ->  als bpr -#}
{% macro fitted_models() -%}
    {{-
        ["als", "bpr", "lmf", "svd"] | select(
            "in", var("candidate_sources")
        ) | join(" ")
    -}}
{%- endmacro %}
