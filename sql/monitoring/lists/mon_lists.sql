-- One row per (user_id, surface, item_rank): the first drift_depth places of the
-- lists of drift_users users, who are the same in each refresh.
-- Users with the smallest hashes: a sample that hardly changes as users come and go.
-- Ids are text, so that lists can be compared whatever types the ids had.
with
    shown as (select * from {{ ref("rec_for_user") }}),
    users as (select * from {{ ref("int_users") }}),

    sampled as (
        select
            user_id,
            row_number() over (
                order by md5(cast(user_id as varchar)), cast(user_id as varchar)
            ) as draw
        from users
    ),

    final as (
        select
            cast(shown.user_id as varchar) as user_id,
            shown.surface,
            cast(shown.item_id as varchar) as item_id,
            shown.item_rank
        from shown
        inner join sampled on shown.user_id = sampled.user_id
        where
            sampled.draw <= {{ var("drift_users") | int }}
            and shown.item_rank <= {{ var("drift_depth") | int }}
    )

select *
from final
