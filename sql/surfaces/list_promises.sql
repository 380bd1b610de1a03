-- One row per (surface, supplier) of surfaces that are optimized: how many impressions
-- a supplier was promised, entries of `minimum`.
{{ config(enabled=surfaces_use(["optimize"]) == "yes") }}
with
    surfaces as (select * from {{ ref("list_surfaces") }}),

    final as (
        select
            surface,
            surface as supplier,
            cast(0 as integer) as supplier_index,
            cast(0 as double) as minimum
        from surfaces
        where false
        {% for surface in var("surfaces") if surface.get("optimize") %}
                {% set minimum = surface["optimize"].get("minimum") or {} %}
            {% for supplier in minimum %}
                union all
                select
                    {{ text(surface["name"]) }},
                    {{ text(supplier) }},
                    {{ loop.index0 }},
                    {{ minimum[supplier] }}
            {% endfor %}
        {% endfor %}
    )

select *
from final
