{#- uses_ranker(theme=none): 'yes' where var ranker or a surface's strategy asks for the
    ranker, and var ranker_themes for the theme, if one is given; else nothing.
    uses_ranker("factors")  ->  yes -#}
{% macro uses_ranker(theme=none) -%}
    {%- set asked = var("ranker") or surfaces_use(["strategy"], "ranker") == "yes" -%}
    {{- "yes" if asked and (theme is none or theme in var("ranker_themes")) -}}
{%- endmacro %}
