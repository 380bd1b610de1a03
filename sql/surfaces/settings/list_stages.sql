-- One row per (surface, stage): the sources that fill a surface's lists, in this order.
-- The personal ones serve users with min_orders; blend and ranker put all of these into
-- one stage. A stage is known by its place: a source may stand in both. Where
-- min_orders is auto, it is what the last backtest found best for the surface's first
-- personal source against its first fallback; before any backtest, 1.
{% set never = 2147483647 %}
with
    {% if uses_thresholds() == "yes" %}
        thresholds as (select * from {{ ref("stg_thresholds") }}),
        surfaces as (select * from {{ ref("list_surfaces") }}),
    {% endif %}

    listed as (
        {% for surface in var("surfaces") %}
            {% set strategy = surface.get("strategy") or "cascade" %}
            {% set personal = (
                surface["personal"] if strategy == "cascade" else [strategy]
            ) %}
            {% set orders = surface.get("min_orders") %}
            {% set orders = var("personal_min_orders") if orders is none else orders %}
            {% set min_scores = surface.get("min_scores") or {} %}
            {% for source in personal + surface["fallback"] %}
                select
                    {{ text(surface["name"]) }} as surface,
                    {{ loop.index }} as stage,
                    {{ text(source) }} as candidate_source,
                    {{
                        (
                            (0 if orders == "auto" else orders | int)
                            if loop.index <= personal | length
                            else 0
                        )
                    }} as min_orders,
                    {{ loop.index <= personal | length and orders == "auto" }}
                    as is_auto,
                    cast({{ min_scores.get(source, "null") }} as double) as min_score
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
            listed.stage,
            listed.candidate_source,
            {% if uses_thresholds() == "yes" %}
                case
                    when not listed.is_auto
                    then listed.min_orders
                    when thresholds.list_name is null
                    then 1
                    else coalesce(thresholds.min_orders, {{ never }})
                end as min_orders,
            {% else %} listed.min_orders,
            {% endif %}
            listed.min_score
        from listed
        {% if uses_thresholds() == "yes" %}
            inner join surfaces on listed.surface = surfaces.surface
            left join
                thresholds
                on surfaces.allow_repeat = thresholds.allow_repeat
                and surfaces.first_personal = thresholds.list_name
                and surfaces.first_fallback = thresholds.other_list_name
        {% endif %}
    )

select *
from final
