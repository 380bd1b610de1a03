-- One row per (surface, stage): the sources that fill a surface's lists, in this order.
-- The personal ones serve users with personal_min_orders; blend and ranker put all of
-- these into one stage. A stage is known by its place: a source may stand in both.
with
    final as (
        {% for surface in var("surfaces") %}
            {% set strategy = surface.get("strategy") or "cascade" %}
            {% set personal = (
                surface["personal"] if strategy == "cascade" else [strategy]
            ) %}
            {% set min_scores = surface.get("min_scores") or {} %}
            {% for source in personal + surface["fallback"] %}
                select
                    {{ text(surface["name"]) }} as surface,
                    {{ loop.index }} as stage,
                    {{ text(source) }} as candidate_source,
                    {{
                        (
                            var("personal_min_orders") | int
                            if loop.index <= personal | length
                            else 0
                        )
                    }} as min_orders,
                    cast({{ min_scores.get(source, "null") }} as double) as min_score
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
