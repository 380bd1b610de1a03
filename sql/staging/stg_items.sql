-- One row per item_id of the catalogue; where it lists an item twice, the longest
-- title.
with
    mapped as (
        {% if var("items").get("table") is none and var("items").get("model") is none %}
            -- no catalogue: an empty table whose item_id has the type of the events'
            select
                {{ mapped("events", "item_id") }} as item_id,
                cast(null as varchar) as title,
                cast(null as varchar) as category,
                cast(null as varchar) as item_text,
                cast(null as timestamp) as available_from,
                cast(null as timestamp) as available_to,
                cast(null as varchar) as variant,
                false as has_embedding
            from {{ input_relation("events") }}
            where false
        {% else %}
            select
                {{ mapped("items", "item_id") }} as item_id,
                cast({{ mapped("items", "title") }} as varchar) as title,
                cast({{ mapped("items", "category") }} as varchar) as category,
                cast({{ mapped("items", "text") }} as varchar) as item_text,
                {{ read_as(mapped("items", "available_from"), "timestamp") }}
                as available_from,
                {{ window_end("items", "available_to") }} as available_to,
                cast({{ mapped("items", "variant") }} as varchar) as variant,
                try_cast({{ mapped("items", "embedding") }} as float[])
                is not null as has_embedding
            from {{ input_relation("items") }} {{ input_filter("items") }}
        {% endif %}
    ),

    numbered as (
        select
            item_id,
            nullif(trim(title), '') as title,
            nullif(trim(category), '') as category,
            nullif(
                trim(coalesce(item_text, concat_ws(' ', title, category))), ''
            ) as item_text,
            available_from,
            available_to,
            nullif(trim(variant), '') as variant,
            max(has_embedding) over (partition by item_id) as has_embedding,
            count(*) over (partition by item_id) as row_count,
            row_number() over (
                partition by item_id
                order by
                    length(title) desc nulls last,
                    title,
                    category nulls last,
                    item_text nulls last,
                    available_from nulls last,
                    available_to nulls last,
                    variant nulls last
            ) as mention
        from mapped
        where
            item_id is not null
            {% if var("not_item_pattern") %}
                and not {{ is_no_item("item_id") }}
            {% endif %}
    ),

    final as (
        select
            item_id,
            title,
            category,
            item_text,
            available_from,
            available_to,
            variant,
            has_embedding,
            row_count
        from numbered
        where mention = 1
    )

select *
from final
