{#- mapped_events(): the body of a CTE that renames and types raw events, row for row.
    mapped_events()  ->  select (household_id) as user_id, ... from raw.transactions -#}
{% macro mapped_events() %}
    {%- set event_at = mapped("events", "event_at") %}
    select
        {{ mapped("events", "user_id") }} as user_id,
        {{ mapped("events", "item_id") }} as item_id,
        try_cast({{ event_at }} as timestamp) as event_at,
        {{ unreadable(event_at, "timestamp") }} as unreadable_event_at,
        {% if var("events").get("event_type") is none %} 'purchase'
        {% else %} lower(trim(cast({{ mapped("events", "event_type") }} as varchar)))
        {% endif %} as event_type,
        {% for column in ["quantity", "amount", "rating"] -%}
            try_cast({{ mapped("events", column) }} as double) as {{ column }},
        {% endfor -%}
        {% for column in ["basket_id", "region", "event_id"] -%}
            cast({{ mapped("events", column) }} as varchar) as {{ column }},
        {% endfor -%}
        cast({{ mapped("events", "is_test") }} as boolean) as is_test,
        cast({{ mapped("events", "is_deleted") }} as boolean) as is_deleted,
        {{ event_key() }} as event_key,
        {{ owner_key() }} as owner_key,
        {{ line_key() }} as line_key
    from {{ input_relation("events") }} {{ wanted_rows("events") }}
{% endmacro %}
