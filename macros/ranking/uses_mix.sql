{#- uses_mix(): 'yes' where a surface has strategy mix; else nothing.
    uses_mix()  ->  yes -#}
{% macro uses_mix() -%} {{- surfaces_use(["strategy"], "mix") -}} {%- endmacro %}
