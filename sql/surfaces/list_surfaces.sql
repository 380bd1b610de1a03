-- One row per surface of var surfaces: what its lists must be.
with
    final as (
        {% for surface in var("surfaces") %}
            select
                {{ text(surface["name"]) }} as surface,
                {{ text(surface["allow_repeat"]) }} as allow_repeat,
                {{ text(surface.get("repeat_means") or var("repeat_means")) }}
                as repeat_means,
                {{ surface["length"] | int }} as list_length,
                {{ text((surface["personal"] or [""])[0]) }} as first_personal,
                {{ text((surface["fallback"] or [""])[0]) }} as first_fallback,
                {{ text(surface.get("strategy") or "cascade") }} as strategy,
                {{ text(surface.get("blend_by") or "rank") }} as blend_by,
                {{ "true" if surfaces_move([surface]) == "yes" else "false" }}
                as is_moved,
                {{
                    (
                        "true"
                        if surface.get("where")
                        or (surface.get("repeat_means") or var("repeat_means"))
                        != var("repeat_means")
                        else "false"
                    )
                }} as has_catalogue,
                cast(
                    {{
                        text_or_null(
                            surface["name"] if surface.get("where") else none
                        )
                    }} as varchar
                ) as scope_surface,
                {{ "true" if surface.get("one_per_variant") else "false" }}
                as one_per_variant,
                cast({{ surface.get("diversity") or 0 }} as double) as diversity,
                {% set cap = surface.get("cap") or {} %}
                cast({{ cap.get("views") or "null" }} as integer) as cap_views,
                cast({{ cap.get("days") or "null" }} as double) as cap_days,
                cast(
                    {{ surface.get("not_again_days") or "null" }} as double
                ) as not_again_days,
                {% set explore = surface.get("explore") or {} %}
                {{ explore.get("among", 0) | int }} as explore_among,
                {{ explore.get("among", 0) * (explore.get("at") or []) | length }}
                as explore_depth,
                {{ "true" if surface.get("optimize") else "false" }} as is_optimized
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
