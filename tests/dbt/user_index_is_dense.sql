-- Factor tables and kernels count users from 0 without a gap.
with
    users as (select * from {{ ref("int_users") }}),

    counted as (
        select
            count(*) as user_count,
            count(distinct user_index) as index_count,
            min(user_index) as first_index,
            max(user_index) as last_index
        from users
    ),

    final as (
        select
            concat(
                cast(user_count as varchar),
                ' users are numbered from ',
                cast(first_index as varchar),
                ' to ',
                cast(last_index as varchar),
                ' instead of from 0 without a gap; restore user_index in int_users'
            ) as problem
        from counted
        where
            index_count <> user_count
            or first_index <> 0
            or last_index <> user_count - 1
    )

select *
from final
