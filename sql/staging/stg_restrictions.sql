-- One row per raw row of restrictions: what to allow or block; null stands for any.
with
    -- the first part is empty and gives the ids the types of the events'
    mapped as (
        select
            cast(null as varchar) as kind,
            {{ mapped("events", "user_id") }} as user_id,
            cast(null as varchar) as region,
            {{ mapped("events", "item_id") }} as item_id,
            cast(null as varchar) as category,
            cast(null as timestamp) as starts_at,
            cast(null as timestamp) as ends_at
        from {{ input_relation("events") }}
        where false
        {% if var("restrictions").get("table") or var("restrictions").get(
                "model"
            ) %}
            union all
            select
                lower(trim(cast({{ mapped("restrictions", "kind") }} as varchar))),
                {{ mapped("restrictions", "user_id") }},
                cast({{ mapped("restrictions", "region") }} as varchar),
                {{ mapped("restrictions", "item_id") }},
                nullif(
                    trim(cast({{ mapped("restrictions", "category") }} as varchar)), ''
                ),
                {{ read_as(mapped("restrictions", "starts_at"), "timestamp") }},
                {{ read_as(mapped("restrictions", "ends_at"), "timestamp") }}
            from {{ input_relation("restrictions") }} {{ input_filter("restrictions") }}
        {% endif %}
    ),

    final as (
        select kind, user_id, region, item_id, category, starts_at, ends_at from mapped
    )

select *
from final
