-- One row per product of an order, with the user and a time.
-- Orders carry only the days since the user's order before; counted from 2017-01-01.
with
    orders as (select * from {{ source("raw", "orders") }}),
    lines as (select * from {{ source("raw", "order_products") }}),

    dated as (
        select
            order_id,
            user_id,
            timestamp '2017-01-01 00:00:00'
            + to_days(
                cast(
                    sum(coalesce(days_since_prior_order, 0)) over (
                        partition by user_id order by order_number
                    ) as integer
                )
            )
            + to_hours(cast(order_hour_of_day as integer)) as ordered_at
        from orders
    ),

    final as (
        select dated.user_id, lines.product_id, dated.order_id, dated.ordered_at
        from lines
        inner join dated on lines.order_id = dated.order_id
    )

select *
from final
