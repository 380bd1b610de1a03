-- One row per user with events or in the users table; user_index counts from 0.
-- home_region: as mapped, else where they buy most. The popularity group is the
-- user's own
-- group, else that region.
with
    owner_items as (select * from {{ ref("int_owner_items") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    described as (select * from {{ ref("stg_users") }}),

    active as (
        select
            user_id,
            sum(event_count) as event_count,
            min(first_at) as first_at,
            max(last_at) as last_at
        from owner_items
        where user_id is not null
        group by user_id
    ),

    ordered as (
        select
            user_id,
            count(*) as order_count,
            min(basket_at) as first_order_at,
            max(basket_at) as last_order_at
        from baskets
        where user_id is not null and is_order
        group by user_id
    ),

    visited as (
        select
            user_id,
            region,
            row_number() over (
                partition by user_id
                order by
                    count(case when is_order then 1 end) desc,
                    count(*) desc,
                    max(basket_at) desc,
                    region
            ) as visit_rank
        from baskets
        where user_id is not null and region is not null
        group by user_id, region
    ),

    final as (
        select
            coalesce(active.user_id, described.user_id) as user_id,
            described.user_group,
            coalesce(described.region, visited.region) as home_region,
            case
                when described.user_group is not null
                then 'user_group'
                when coalesce(described.region, visited.region) is not null
                then 'region'
            end as group_kind,
            coalesce(
                described.user_group, described.region, visited.region
            ) as group_name,
            active.first_at,
            active.last_at,
            ordered.first_order_at,
            ordered.last_order_at,
            coalesce(ordered.order_count, 0) as order_count,
            cast(coalesce(active.event_count, 0) as bigint) as event_count,
            cast(
                row_number() over (
                    order by
                        coalesce(active.event_count, 0) > 0 desc,
                        coalesce(active.user_id, described.user_id)
                )
                - 1 as integer
            ) as user_index
        from active
        full join described on active.user_id = described.user_id
        left join ordered on active.user_id = ordered.user_id
        left join visited on active.user_id = visited.user_id and visited.visit_rank = 1
    )

select *
from final
