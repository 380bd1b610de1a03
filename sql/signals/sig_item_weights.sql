-- One row per sold item: the baskets that hold it, weighed as in int_basket_weights.
-- Without rule_decay_days a weight is a number of baskets.
{% set decayed = var("rule_decay_days") is not none %}
{{ config(materialized="table" if decayed else "view") }}
with
    {% if decayed %}
        basket_items as (select * from {{ ref("int_basket_items") }}),
        weights as (select * from {{ ref("int_basket_weights") }}),

        summed as (
            select
                basket_items.item_index,
                {{ stable_sum("weights.basket_weight") }} as item_weight
            from basket_items
            inner join weights on basket_items.basket_index = weights.basket_index
            group by basket_items.item_index
        ),

        total as (
            select {{ stable_sum("basket_weight") }} as total_weight from weights
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
