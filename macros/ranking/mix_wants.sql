{#- mix_wants(): 'yes' where a surface has strategy mix; else nothing.
    mix_wants()  ->  yes -#}
{% macro mix_wants() -%} {{- surfaces_use(["strategy"], "mix") -}} {%- endmacro %}
