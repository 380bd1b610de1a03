{#- surfaces_move(surfaces=none): 'yes' where rules, caps, diversity or a program of one of the surfaces,
    by default all of var surfaces, move or remove items after the strategy has put them in
    order; else nothing.
    surfaces_move()  ->  yes -#}
{% macro surfaces_move(surfaces=none) -%}
    {%- set keys = [
        "rules",
        "max_per",
        "one_per_variant",
        "diversity",
        "cap",
        "not_again_days",
        "optimize",
    ] -%}
    {{- surfaces_use(keys, surfaces=surfaces) -}}
{%- endmacro %}
