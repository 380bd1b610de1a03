-- One row per sold item: the baskets that hold it, weighed by exp(-age /
-- rule_decay_days), as the pairs of sig_item_pairs are. Without rule_decay_days a
-- weight is a number of baskets.
{% set decayed = var("rule_decay_days") is not none %}
{{ config(materialized="table" if decayed else "view") }}
with
    {% if decayed %}
        basket_items as (select * from {{ ref("int_basket_items") }}),
        baskets as (select * from {{ ref("int_baskets") }}),
        reference as (select * from {{ ref("int_reference_time") }}),

        weighed as (
            select
                basket_index,
                {{ decay_block("basket_at") }} as decay_block,
                {{ block_weight("basket_at") }} as basket_weight
            from baskets
            where is_order
        ),

        in_blocks as (
            select
                basket_items.item_index,
                weighed.decay_block,
                sum(weighed.basket_weight) as item_weight
            from basket_items
            inner join weighed on basket_items.basket_index = weighed.basket_index
            group by basket_items.item_index, weighed.decay_block
        ),

        summed as (
            select
                in_blocks.item_index,
                {{ sum_of_blocks("item_weight", "decay_block", "reference_at") }}
                as item_weight
            from in_blocks
            cross join reference
            group by in_blocks.item_index
        ),

        all_blocks as (
            select decay_block, sum(basket_weight) as total_weight
            from weighed
            group by decay_block
        ),

        total as (
            select
                {{ sum_of_blocks("total_weight", "decay_block", "reference_at") }}
                as total_weight
            from all_blocks
            cross join reference
        ),
    {% else %}
        items as (select * from {{ ref("int_items") }}),
        reference as (select * from {{ ref("int_reference_time") }}),

        summed as (
            select item_index, cast(basket_count as double) as item_weight
            from items
            where basket_count > 0
        ),

        total as (select cast(basket_count as double) as total_weight from reference),
    {% endif %}

    final as (
        select summed.item_index, summed.item_weight, total.total_weight
        from summed
        cross join total
    )

select *
from final
