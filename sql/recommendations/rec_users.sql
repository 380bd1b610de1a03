-- One row per user_id: where a user belongs, and what of their orders is known.
with
    users as (select * from {{ ref("int_users") }}),

    final as (
        select
            user_id,
            home_region as region,
            user_group,
            group_kind,
            group_name,
            order_count,
            first_order_at,
            last_order_at,
            event_count,
            last_at,
            {{ run_stamp() }}
        from users
    )

select *
from final
