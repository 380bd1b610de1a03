-- One row per scope: users who may be shown the same items, but for their own
-- exclusions.
-- Scope 0 is everyone without another: then regions that availability or restrictions
-- name, and users with an allow list of their own.
with
    availability as (select * from {{ ref("stg_availability") }}),
    restrictions as (select * from {{ ref("elig_restrictions") }}),
    users as (select * from {{ ref("int_users") }}),

    regions as (
        select region
        from availability
        where region is not null
        union
        select region
        from restrictions
        where region is not null
    ),

    united as (
        select user_id, region
        from restrictions
        where false
        union all
        select null, null
        union all
        select null, region
        from regions
        union all
        select users.user_id, regions.region
        from users
        left join regions on users.home_region = regions.region
        where users.user_id in (select user_id from restrictions where kind = 'allow')
    ),

    final as (
        select
            cast(
                row_number() over (
                    order by user_id is not null, region is not null, region, user_id
                )
                - 1 as integer
            ) as scope_index,
            user_id,
            region
        from united
    )

select *
from final
