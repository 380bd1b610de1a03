-- A basket belongs to one user: numbers that start anew for each user are no basket
-- ids.
with
    events as (select * from {{ ref("int_events") }}),

    shared as (
        select basket_id, count(distinct user_id) as user_count
        from events
        group by basket_id
        having min(user_id) <> max(user_id)
    ),

    final as (
        select
            concat(
                'basket ',
                basket_id,
                ' has lines of ',
                cast(user_count as varchar),
                ' users; make it unique in var events, such as ',
                'basket_id: concat(user_id, ''-'', basket_id)'
            ) as problem
        from shared
    )

select *
from final
