-- One row per (surface, user_id): users for whom a surface has the same catalogue.
-- profile: equal in all columns of int_users that the surface's `where` names.
{{ config(enabled=surfaces_use(["where"]) == "yes") }}
with
    users as (select * from {{ ref("int_users") }}),

    final as (
        {% for surface in var("surfaces") if surface.get("where") %}
            {% set columns = user_columns(surface["where"]).split() %}
            select
                {{ text(surface["name"]) }} as surface,
                user_id,
                user_index,
                {% if columns %}
                    cast(
                        dense_rank() over (
                            order by {{ columns | join(", ") }}
                        ) as integer
                    )
                {% else %} 1
                {% endif %} as profile
            from users
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
