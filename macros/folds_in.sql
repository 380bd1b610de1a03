{#- folds_in(): 'yes' where a fit is older than what some users did, so that they get vectors
    from their history; else nothing.
    folds_in()  ->  yes -#}
{% macro folds_in() -%}
    {%- set holds_out = var("as_of") is not none and var("eval_split") == "users" -%}
    {%- set keeps = var("refit_every") | int > 1 -%}
    {{- "yes" if var("fold_in_after") is not none or holds_out or keeps -}}
{%- endmacro %}
