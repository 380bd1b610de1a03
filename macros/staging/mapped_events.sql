{#- mapped_events(): the body of a CTE that renames and types raw events, row for row.
    Data without times (event_at: null) is of one moment.
    mapped_events()  ->  select (household_id) as user_id, ... from raw.transactions -#}
{% macro mapped_events() %}
    select
        {{ mapped("events", "user_id") }} as user_id,
        {{ mapped("events", "item_id") }} as item_id,
        {% if var("events").get("event_at") is none %} timestamp '2000-01-01 00:00:00'
        {% else %} {{ read_as(mapped("events", "event_at"), "timestamp") }}
        {% endif %} as event_at,
        {{ unreadable_column("events") }} as unreadable_column,
        {{ unreadable_text("events") }} as unreadable_text,
        {% if var("events").get("event_type") is none %} 'purchase'
        {% else %} lower(trim(cast({{ mapped("events", "event_type") }} as varchar)))
        {% endif %} as event_type,
        {% for column in ["quantity", "amount", "rating"] -%}
            {{ read_as(mapped("events", column), "double") }} as {{ column }},
        {% endfor -%}
        {% for column in ["basket_id", "region", "event_id"] -%}
            cast({{ mapped("events", column) }} as varchar) as {{ column }},
        {% endfor -%}
        {% for column in ["is_test", "is_deleted"] -%}
            {{ read_as(mapped("events", column), "boolean") }} as {{ column }},
        {% endfor -%}
        {{ event_key() }} as event_key,
        {{ owner_key() }} as owner_key,
        {{ line_key() }} as line_key
    from {{ input_relation("events") }} {{ input_filter("events") }}
{% endmacro %}
