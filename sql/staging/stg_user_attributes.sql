-- One row per (user_id, attribute): what is known of a user, name by name.
-- The user_group and each of var users' attributes; of two values the first by name.
with
    described as (select * from {{ ref("stg_users") }}),

    named as (
        select user_id, 'user_group' as attribute, user_group as attribute_value
        from described {{ mapped_attributes("users", "user_id") }}
    ),

    final as (
        select user_id, attribute, min(attribute_value) as attribute_value
        from named
        where user_id is not null and attribute_value is not null
        group by user_id, attribute
    )

select *
from final
