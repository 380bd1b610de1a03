-- One row per item that was taken: how often, by how many users, in how many baskets.
-- Baskets and users count by events that weigh more than 0.
with
    owner_items as (select * from {{ ref("int_owner_items") }}),
    contents as (select * from {{ ref("int_basket_contents") }}),
    codes as (select * from {{ ref("int_item_codes") }}),

    taken as (
        select
            item_id,
            cast(sum(event_count) as bigint) as event_count,
            count(
                case when user_id is not null and taken_count > 0 then 1 end
            ) as user_count,
            min(first_at) as first_at,
            max(last_at) as last_at
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
            taken.item_id,
            codes.item_code,
            taken.event_count,
            coalesce(placed.basket_count, 0) as basket_count,
            taken.user_count,
            taken.first_at,
            taken.last_at
        from taken
        inner join codes on taken.item_id = codes.item_id
        left join placed on codes.item_code = placed.item_code
    )

select *
from final
