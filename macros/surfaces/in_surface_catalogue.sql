{#- in_surface_catalogue(column, surface): whether rows that name a surface, or none, are those that
    hold for one: its own where it has a catalogue of its own, else those of all.
    in_surface_catalogue("surface", {"name": "wine", "where": "..."})  ->  surface = 'wine' -#}
{% macro in_surface_catalogue(column, surface) -%}
    {{ column }}
    {%- if surface.get("where") %} = {{ text(surface["name"]) }}
    {%- else %} is null
    {%- endif -%}
{%- endmacro %}
