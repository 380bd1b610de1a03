{#- reasoned_sources(): the listed sources whose scores add up all of a user's items, so that
    one item speaks most: list_reasons has it. New items of bspm have no reason.
    reasoned_sources()  ->  ease item_knn -#}
{% macro reasoned_sources() -%}
    {%- set linear = linear_sources().split() | reject("equalto", "bspm") | list -%}
    {%- set knn = ["item_knn"] | select("in", var("candidate_sources")) | list -%}
    {{- (linear + knn) | join(" ") -}}
{%- endmacro %}
