-- One row per (list_name, allow_repeat, user_id, k): how many kinds of items a list
-- has.
-- category_diversity = share of the pairs of items that are of different categories;
-- an item without a category is like no other. Ziegler et al. 2005, by category.
{{
    config(
        enabled=var("as_of") is not none
        and "category_diversity" in var("eval_metrics")
    )
}}
with
    shown as (select * from {{ ref("eval_shown_items") }}),

    counted as (
        select list_name, allow_repeat, user_id, k, category, count(*) as item_count
        from shown
        group by list_name, allow_repeat, user_id, k, category
    ),

    summed as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            sum(item_count) as list_length,
            sum(
                case when category is null then 0 else item_count * (item_count - 1) end
            ) as alike_count
        from counted
        group by list_name, allow_repeat, user_id, k
    ),

    final as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            1
            - {{ ratio("alike_count", "list_length * (list_length - 1)") }}
            as category_diversity
        from summed
    )

select *
from final
