-- One row per (user_id, category): what share of what the user takes is of the
-- category.
-- weight_share = sum of the weights of the user's items of it / sum over all
-- categories.
{% set metrics = ["unexpectedness", "calibration"] %}
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics") | select("in", metrics) | list | length > 0
    )
}}
with
    items as (select * from {{ ref("int_items") }}),
    user_items as (select * from {{ ref("int_user_items") }}),

    summed as (
        select
            user_items.user_id,
            items.category,
            {{ stable_sum("greatest(user_items.weight, 0)") }} as weight
        from user_items
        inner join items on user_items.item_id = items.item_id
        where items.category is not null
        group by user_items.user_id, items.category
    ),

    final as (
        select
            user_id,
            category,
            {{ ratio("weight", stable_sum("weight", "over (partition by user_id)")) }}
            as weight_share
        from summed
    )

select *
from final
