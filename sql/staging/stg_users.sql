-- One row per user_id of the users table; where it lists a user twice, the first group
-- and the first region.
with
    mapped as (
        {% if var("users").get("table") is none and var("users").get("model") is none %}
            -- no users table: an empty one whose user_id has the type of the events'
            select
                {{ mapped("events", "user_id") }} as user_id,
                cast(null as varchar) as user_group,
                cast(null as varchar) as region
            from {{ input_relation("events") }}
            where false
        {% else %}
            select
                {{ mapped("users", "user_id") }} as user_id,
                cast({{ mapped("users", "user_group") }} as varchar) as user_group,
                cast({{ mapped("users", "region") }} as varchar) as region
            from {{ input_relation("users") }} {{ input_filter("users") }}
        {% endif %}
    ),

    final as (
        select
            user_id,
            min(nullif(trim(user_group), '')) as user_group,
            min(nullif(trim(region), '')) as region
        from mapped
        where user_id is not null
        group by user_id
    )

select *
from final
