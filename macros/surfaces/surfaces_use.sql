{#- surfaces_use(keys, value=none, surfaces=none): 'yes' where one of the surfaces, by default
    all of var surfaces, sets one of the keys, to the value where one is given; else nothing.
    surfaces_use(["strategy"], "blend")  ->  yes -#}
{% macro surfaces_use(keys, value=none, surfaces=none) -%}
    {%- set found = namespace(any=false) -%}
    {%- for surface in surfaces or var("surfaces") -%}
        {%- for key in keys -%}
            {%- if surface.get(key) and value in (none, surface.get(key)) -%}
                {%- set found.any = true -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- "yes" if found.any -}}
{%- endmacro %}
