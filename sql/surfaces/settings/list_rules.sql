-- One row per (surface, rule_number, slot_number): the rules of var surfaces, in order.
-- slot_number counts the ranks that a slot rule fills; it is 1 for every other rule.
{{ config(enabled=surfaces_move() == "yes") }}
with
    final as (
        select
            surface,
            cast(0 as integer) as rule_number,
            surface as rule_name,
            surface as action,
            cast(1 as double) as factor,
            cast(1 as integer) as slot_number,
            cast(null as integer) as slot_rank
        from {{ ref("list_surfaces") }}
        where false
        {% for surface in var("surfaces") %}
            {% for rule in surface.get("rules") or [] %}
                    {% set rule_number = loop.index %}
                {% for slot_rank in rule.get("at") or ["null"] %}
                    union all
                    select
                        {{ text(surface["name"]) }},
                        {{ rule_number }},
                        {{ text(rule["name"]) }},
                        {{ text(rule["do"]) }},
                        cast({{ rule.get("by") or 1 }} as double),
                        {{ loop.index }},
                        {{ slot_rank }}
                {% endfor %}
            {% endfor %}
        {% endfor %}
    )

select *
from final
