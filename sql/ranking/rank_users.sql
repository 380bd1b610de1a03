-- One row per user_index with baskets: how active the user is, and how much repeats.
{{ config(enabled=uses_ranker("users") == "yes" or uses_mix() == "yes") }}
with
    users as (select * from {{ ref("int_users") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    ordered as (
        select
            baskets.user_id,
            count(
                case
                    when
                        {{
                            days_between(
                                "baskets.basket_at", "reference.reference_at"
                            )
                        }} < {{ var("trend_days") | int }}
                    then 1
                end
            ) as recent_orders
        from baskets
        cross join reference
        where baskets.user_id is not null and baskets.is_order
        group by baskets.user_id
    ),

    owned as (
        select
            user_id,
            count(*) as item_count,
            count(case when basket_count > 1 then 1 end) as repeated_count
        from user_items
        where is_taken
        group by user_id
    ),

    final as (
        select
            users.user_index,
            users.order_count,
            ordered.recent_orders,
            {{ days_between("users.last_order_at", "reference.reference_at") }}
            as days_since_order,
            owned.item_count as user_item_count,
            {{ ratio("owned.repeated_count", "owned.item_count") }} as user_repeat_share
        from users
        inner join ordered on users.user_id = ordered.user_id
        inner join owned on users.user_id = owned.user_id
        cross join reference
    )

select *
from final
