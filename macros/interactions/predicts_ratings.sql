{#- predicts_ratings(models=["baseline", "item_knn"]): 'yes' where events map a rating and var
    rating_models lists one of these; else nothing.
    predicts_ratings(["item_knn"])  ->  yes -#}
{% macro predicts_ratings(models=["baseline", "item_knn"]) -%}
    {%- set wanted = var("rating_models") | select("in", models) | list -%}
    {{- "yes" if var("events").get("rating") is not none and wanted -}}
{%- endmacro %}
