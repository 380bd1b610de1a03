-- One row per (user_index, item_index): how often and how lately a user took an item.
-- Hu, He, Gao and Zhang 2020: TIFU-kNN. Baskets are grouped by tifu_group_size from the
-- latest back; weight = mean over groups of tifu_between_decay^(groups since) * mean
-- over the group's baskets of tifu_within_decay^(baskets since, within the group). The
-- oldest group may be smaller. Baskets of one moment are one basket.
{{ config(enabled="tifu_knn" in var("candidate_sources")) }}
{% set size = var("tifu_group_size") | int %}
with
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    baskets as (select * from {{ ref("int_baskets") }}),
    contents as (select * from {{ ref("int_basket_contents") }}),

    aged as (
        select
            baskets.basket_index,
            users.user_index,
            dense_rank() over (
                partition by users.user_index order by baskets.basket_at desc
            )
            - 1 as age
        from baskets
        inner join users on baskets.user_id = users.user_id
        where baskets.is_order
    ),

    counted as (
        select *, max(age) over (partition by user_index) + 1 as basket_count from aged
    ),

    grouped as (
        select *, cast(floor(age / {{ size }}.0) as integer) as group_age from counted
    ),

    placed as (
        select distinct
            grouped.user_index,
            items.item_index,
            grouped.group_age,
            grouped.age - grouped.group_age * {{ size }} as age_in_group,
            grouped.basket_count
        from contents
        inner join grouped on contents.basket_index = grouped.basket_index
        inner join items on contents.item_code = items.item_code
        where contents.until_at is null
    ),

    valued as (
        select
            user_index,
            item_index,
            power({{ var("tifu_within_decay") | float }}, age_in_group)
            * power({{ var("tifu_between_decay") | float }}, group_age)
            / least({{ size }}, basket_count - group_age * {{ size }})
            / ceil(basket_count / {{ size }}.0) as part
        from placed
    ),

    final as (
        select user_index, item_index, {{ stable_sum("part") }} as weight
        from valued
        group by user_index, item_index
    )

select *
from final
