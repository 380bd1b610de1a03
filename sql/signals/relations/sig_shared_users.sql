-- One row per (item_index, other_item_index), the smaller first: items of one category
-- that the same users take, and what chance would make of it.
-- expected_user_count = n_x * n_y / effective users. expected_pair_count = sum over the
-- users of both of baskets with x * baskets with y / the user's effective baskets.
{{ config(enabled=var("item_relations")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    items as (select * from {{ ref("int_items") }}),

    visited as (
        select user_id, {{ effective_sample_size("item_count") }} as effective_baskets
        from baskets
        where user_id is not null and is_order
        group by user_id
    ),

    owned as (
        select user_id, count(*) as item_count
        from user_items
        where is_taken
        group by user_id
    ),

    everyone as (
        select {{ effective_sample_size("item_count") }} as effective_users from owned
    ),

    taken as (
        select
            user_items.user_id,
            items.item_index,
            items.category,
            user_items.basket_count,
            visited.effective_baskets
        from user_items
        inner join items on user_items.item_index = items.item_index
        inner join visited on user_items.user_id = visited.user_id
        where user_items.is_taken and items.is_eligible and items.category is not null
    ),

    shared as (
        select
            one.item_index,
            other.item_index as other_item_index,
            count(*) as user_count,
            {{
                stable_sum(
                    "one.basket_count * other.basket_count / one.effective_baskets"
                )
            }} as expected_pair_count
        from taken as one
        inner join
            taken as other
            on one.user_id = other.user_id
            and one.category = other.category
            and one.item_index < other.item_index
        group by one.item_index, other.item_index
        having count(*) >= {{ var("relation_min_users") | int }}
    ),

    final as (
        select
            shared.item_index,
            shared.other_item_index,
            shared.user_count,
            one.user_count
            * other.user_count
            / everyone.effective_users as expected_user_count,
            shared.expected_pair_count
        from shared
        inner join items as one on shared.item_index = one.item_index
        inner join items as other on shared.other_item_index = other.item_index
        cross join everyone
    )

select *
from final
