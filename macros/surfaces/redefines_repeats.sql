{#- redefines_repeats(): 'yes' where a surface means another thing by repeats than var repeat_means;
    else nothing.
    redefines_repeats()  ->  yes -#}
{% macro redefines_repeats() -%}
    {%- set other = "seen" if var("repeat_means") == "taken" else "taken" -%}
    {{- surfaces_use(["repeat_means"], other) -}}
{%- endmacro %}
