{#- surface_stages(): the body of a CTE with one row per surface and source, in cascade
    order, from var surfaces; min_orders says from which order on a user gets the source.
    surface_stages()  ->  select 'all' as surface, ..., 1 as stage union all ... -#}
{% macro surface_stages() %}
    {%- for surface in var("surfaces") %}
        {%- for source in surface["personal"] + surface["fallback"] %}
            select
                {{ text(surface["name"]) }} as surface,
                {{ text(surface["allow_repeat"]) }} as allow_repeat,
                {{ surface["length"] | int }} as list_length,
                {{ text(source) }} as candidate_source,
                {{ loop.index }} as stage,
                {{
                    (
                        var("personal_min_orders") | int
                        if source in surface["personal"]
                        else 0
                    )
                }} as min_orders
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{% endmacro %}
