-- A basket counts for one user: a user who only has baskets shared with others is lost.
with
    reference as (select * from {{ ref("int_reference_time") }}),
    users as (select * from {{ ref("int_users") }}),

    counted as (
        select count(case when order_count > 0 then 1 end) as user_count from users
    ),

    final as (
        select
            concat(
                cast(reference.user_count - counted.user_count as varchar),
                ' users have events, but no basket of their own, because ',
                'several users share a basket_id; make it unique in var events, ',
                'such as basket_id: concat(user_id, ''-'', basket_id)'
            ) as problem
        from reference
        cross join counted
        where reference.user_count <> counted.user_count
    )

select *
from final
