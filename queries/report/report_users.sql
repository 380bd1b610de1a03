-- One row per sampled user with what is known of them. Read by `recsql report`.
with
    sampled as ({{ sampled_users() }}),

    users as (select * from {{ ref("int_users") }}),

    final as (
        select
            sampled.user_text as user_id,
            users.order_count,
            users.first_at,
            users.last_at,
            users.user_group,
            users.home_region
        from sampled
        inner join users on sampled.user_id = users.user_id
    )

select *
from final
order by user_id
