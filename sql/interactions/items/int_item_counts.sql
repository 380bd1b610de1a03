-- One row per item with events: how often, by how many users and in how many baskets it
-- was taken, and in how many baskets or sessions it was of interest.
with
    owner_items as (select * from {{ ref("int_owner_items") }}),
    contents as (select * from {{ ref("int_basket_contents") }}),
    codes as (select * from {{ ref("int_item_codes") }}),

    counted as (
        select
            item_id,
            cast(sum(event_count) as bigint) as event_count,
            cast(sum(taken_count) as bigint) as taken_count,
            cast(sum(visit_count) as bigint) as visit_count,
            count(
                case when user_id is not null and taken_count > 0 then 1 end
            ) as user_count,
            min(first_taken_at) as first_at,
            max(last_taken_at) as last_at
        from owner_items
        group by item_id
    ),

    placed as (
        select item_code, count(*) as basket_count
        from contents
        where until_at is null
        group by item_code
    ),

    final as (
        select
            counted.item_id,
            codes.item_code,
            counted.event_count,
            counted.taken_count,
            coalesce(placed.basket_count, 0) as basket_count,
            counted.visit_count,
            counted.user_count,
            counted.first_at,
            counted.last_at
        from counted
        inner join codes on counted.item_id = codes.item_id
        left join placed on codes.item_code = placed.item_code
    )

select *
from final
