-- One row per (user_index, feature_index): the users' attribute values, numbered.
{{ config(enabled="feature_als" in var("candidate_sources")) }}
with
    attributes as (select * from {{ ref("stg_user_attributes") }}),
    users as (select * from {{ ref("int_users") }}),

    final as (
        select
            users.user_index,
            attributes.attribute,
            attributes.attribute_value,
            cast(
                dense_rank() over (
                    order by attributes.attribute, attributes.attribute_value
                )
                - 1 as integer
            ) as feature_index
        from attributes
        inner join users on attributes.user_id = users.user_id
    )

select *
from final
