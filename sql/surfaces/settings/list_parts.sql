-- One row per (surface, candidate_source): the personal sources of a blend or a mix,
-- with weights.
{{
    config(
        enabled=surfaces_use(["strategy"], "blend") == "yes" or uses_mix() == "yes"
    )
}}
with
    surfaces as (select * from {{ ref("list_surfaces") }}),

    listed as (
        {% for surface in var("surfaces") %}
            {% for source in surface["personal"] %}
                select
                    {{ text(surface["name"]) }} as surface,
                    {{ text(source) }} as candidate_source,
                    {{ loop.index }} as place,
                    cast(
                        {{ (surface.get("weights") or {}).get(source, 1) }} as double
                    ) as weight,
                    cast(
                        {{ (surface.get("min_scores") or {}).get(source, "null") }}
                        as double
                    ) as min_score
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            listed.surface,
            listed.candidate_source,
            listed.place,
            listed.weight,
            listed.min_score
        from listed
        inner join surfaces on listed.surface = surfaces.surface
        where surfaces.strategy in ('blend', 'mix')
    )

select *
from final
