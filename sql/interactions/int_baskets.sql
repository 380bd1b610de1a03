-- One row per basket: whose, when, where and how large.
with
    events as (select * from {{ ref("int_events") }}),

    grouped as (
        select
            basket_id,
            min(user_id) as user_id,
            min(event_at) as basket_at,
            min(region) as region,
            count(*) as line_count,
            count(distinct item_id) as item_count
        from events
        group by basket_id
    ),

    final as (
        select
            basket_id,
            user_id,
            basket_at,
            region,
            line_count,
            item_count,
            cast(row_number() over (order by basket_id) - 1 as integer) as basket_index
        from grouped
    )

select *
from final
