-- One row per (user_id, item_id) that the user rated.
-- rating = mean of the user's ratings of the item, whatever they weigh.
{{ config(enabled=predicts_ratings() == "yes") }}
with
    events as (select * from {{ ref("int_events") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),

    rated as (
        select user_id, item_id, {{ ratio(stable_sum("rating"), "count(*)") }} as rating
        from events
        where user_id is not null and rating is not null
        group by user_id, item_id
    ),

    final as (
        select
            rated.user_id,
            rated.item_id,
            users.user_index,
            items.item_index,
            rated.rating
        from rated
        inner join users on rated.user_id = users.user_id
        inner join items on rated.item_id = items.item_id
    )

select *
from final
