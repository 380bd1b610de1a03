{#- ranker_attributes(): the category and the attributes of var items (their names are one
    word each), with blanks between: what rank_affinity looks at.
    ranker_attributes()  ->  category department type -#}
{% macro ranker_attributes() -%}
    category {{ (var("items").get("attributes") or {}) | join(" ") }}
{%- endmacro %}
