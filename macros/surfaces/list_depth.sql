{#- list_depth(surfaces): how many items of a surface are ranked: its list, and those that slots
    are drawn from or a service fills lists from.
    list_depth("surfaces")
    ->  (surfaces.list_length + greatest(surfaces.explore_depth, 30)) -#}
{% macro list_depth(surfaces) -%}
    {%- set reserve = (var("reserve_length") if var("serving") else 0) | int -%}
    ({{ surfaces }}.list_length + greatest({{ surfaces }}.explore_depth, {{ reserve }}))
{%- endmacro %}
