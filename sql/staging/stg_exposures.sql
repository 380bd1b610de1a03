-- One row per exposure before as_of: an item was shown to a user, and clicked or not.
{{ config(enabled=uses_exposures() == "yes") }}
with
    mapped as (
        {% if var("exposures").get("table") is none and var("exposures").get(
            "model"
        ) is none %}
            -- no exposures: an empty table whose ids have the type of the events'
            select
                {{ mapped("events", "user_id") }} as user_id,
                {{ mapped("events", "item_id") }} as item_id,
                cast(null as varchar) as surface,
                cast(null as varchar) as variant,
                cast(null as timestamp) as shown_at,
                cast(null as timestamp) as clicked_at
            from {{ input_relation("events") }}
            where false
        {% else %}{{ mapped_exposures() }}
        {% endif %}
    ),

    final as (
        select
            user_id,
            item_id,
            surface,
            variant,
            shown_at,
            {% if var("as_of") is none %} clicked_at
            {% else %}
                case
                    when clicked_at < {{ as_timestamp(var("as_of")) }} then clicked_at
                end
            {% endif %} as clicked_at
        from mapped
        {% if var("as_of") is not none %}
            where shown_at is null or shown_at < {{ as_timestamp(var("as_of")) }}
        {% endif %}
    )

select *
from final
