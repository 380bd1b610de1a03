-- One row per raw row of availability: an item that may be shown in a region, and when.
with
    -- the first part is empty and gives item_id the type of the events'
    mapped as (
        select
            cast(null as varchar) as region,
            {{ mapped("events", "item_id") }} as item_id,
            cast(null as timestamp) as available_from,
            cast(null as timestamp) as available_to
        from {{ input_relation("events") }}
        where false
        {% if var("availability").get("table") or var("availability").get(
                "model"
            ) %}
            union all
            select
                cast({{ mapped("availability", "region") }} as varchar),
                {{ mapped("availability", "item_id") }},
                {{ read_as(mapped("availability", "available_from"), "timestamp") }},
                {{ window_end("availability", "available_to") }}
            from {{ input_relation("availability") }} {{ input_filter("availability") }}
        {% endif %}
    ),

    final as (select region, item_id, available_from, available_to from mapped)

select *
from final
