-- A surface that names a source nobody builds would silently show less than was meant.
{{ config(severity="warn") }}
with
    lists as (select * from {{ ref("cand_surface_lists") }}),

    stages as (
        {% for surface in var("surfaces") %}
            {% for source in surface["personal"] + surface["fallback"] %}
                select
                    {{ text(surface["name"]) }} as surface,
                    {{ text(source) }} as candidate_source,
                    {{ source in var("candidate_sources") }} as is_listed
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
        union all
        select
            'with new_item_slots',
            'new_items',
            {{ var("new_item_slots") == 0 or "new_items" in var("candidate_sources") }}
    ),

    final as (
        select
            concat(
                'surface ',
                stages.surface,
                ' names source ',
                stages.candidate_source,
                ', which var candidate_sources does not list'
            ) as problem
        from stages
        where not stages.is_listed and exists (select 1 from lists)
    )

select *
from final
