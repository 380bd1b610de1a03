{#- factor_sources(): the sources of var candidate_sources that learn factors, a blank between
    them. A new one is its fit, sig_<name>_model, and a name here.
    factor_sources()  ->  als svd -#}
{% macro factor_sources() -%}
    {{-
        ["als", "feature_als", "bpr", "lmf", "svd"] | select(
            "in", var("candidate_sources")
        ) | join(" ")
    -}}
{%- endmacro %}
