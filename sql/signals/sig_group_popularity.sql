-- One row per (group_kind, group_name, item): an item's users within one group of
-- users.
with
    user_items as (select * from {{ ref("int_user_items") }}),
    users as (select * from {{ ref("int_users") }}),

    counted as (
        select
            users.group_kind,
            users.group_name,
            user_items.item_id,
            user_items.item_index,
            count(*) as user_count
        from user_items
        inner join users on user_items.user_id = users.user_id
        where
            user_items.is_eligible
            and user_items.weight > 0
            and users.group_kind is not null
        group by
            users.group_kind,
            users.group_name,
            user_items.item_id,
            user_items.item_index
    ),

    sized as (
        select group_kind, group_name, count(*) as group_size
        from users
        where group_kind is not null and order_count > 0
        group by group_kind, group_name
    ),

    final as (
        select
            counted.group_kind,
            counted.group_name,
            counted.item_id,
            counted.item_index,
            counted.user_count,
            {{ ratio("counted.user_count", "sized.group_size") }} as user_share,
            row_number() over (
                partition by counted.group_kind, counted.group_name
                order by counted.user_count desc, counted.item_index
            ) as popularity_rank
        from counted
        inner join
            sized
            on counted.group_kind = sized.group_kind
            and counted.group_name = sized.group_name
    )

select *
from final
