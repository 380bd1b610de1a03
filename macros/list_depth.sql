{#- list_depth(surfaces): how many items of a surface are ranked: its list, and the reserve that
    a service fills lists from.
    list_depth("surfaces")  ->  (surfaces.list_length + 30) -#}
{% macro list_depth(surfaces) -%}
    (
        {{ surfaces }}.list_length
        + {{ (var("reserve_length") if var("serving") else 0) | int }}
    )
{%- endmacro %}
