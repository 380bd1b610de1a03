-- One row per (item_index, other_item_index), the smaller first: baskets holding both.
-- A view of the latest counts; with rule_decay_days the weights of baskets are added
-- up.
{% set decayed = var("rule_decay_days") is not none %}
{% set minimum = var("min_pair_count") | int %}
with
    items as (select * from {{ ref("int_items") }}),
    {% if decayed %}
        basket_items as (select * from {{ ref("int_basket_items") }}),
        weights as (select * from {{ ref("int_basket_weights") }}),

        -- items in fewer baskets cannot reach the minimum
        frequent as (
            select
                weights.basket_weight,
                basket_items.basket_index,
                basket_items.item_index
            from basket_items
            inner join items on basket_items.item_index = items.item_index
            inner join weights on basket_items.basket_index = weights.basket_index
            where items.basket_count >= {{ minimum }}
        ),

        final as (
            select
                one.item_index,
                other.item_index as other_item_index,
                count(*) as pair_count,
                {{ stable_sum("one.basket_weight") }} as pair_weight
            from frequent as one
            inner join
                frequent as other
                on one.basket_index = other.basket_index
                and one.item_index < other.item_index
            group by one.item_index, other.item_index
            having count(*) >= {{ minimum }}
        )
    {% else %}
        -- read by name each time: a CTE that is read twice would be copied first
        first_build as (
            select min(counted_at) as counted_at from {{ ref("sig_pair_counts") }}
        ),

        later as (
            select pair_key, arg_max(pair_count, counted_at) as pair_count
            from {{ ref("sig_pair_counts") }}
            where counted_at > (select counted_at from first_build)
            group by pair_key
        ),

        latest as (
            select pair_key, pair_count
            from {{ ref("sig_pair_counts") }}
            where
                pair_count >= {{ minimum }}
                and counted_at = (select counted_at from first_build)
                and pair_key not in (select pair_key from later)
            union all
            select pair_key, pair_count
            from later
            where pair_count >= {{ minimum }}
        ),

        split as (
            select *, cast(floor(pair_key / 4294967296) as bigint) as item_code
            from latest
        ),

        final as (
            select
                least(one.item_index, other.item_index) as item_index,
                greatest(one.item_index, other.item_index) as other_item_index,
                cast(split.pair_count as bigint) as pair_count,
                cast(split.pair_count as bigint) as pair_weight
            from split
            inner join items as one on split.item_code = one.item_code
            inner join
                items as other
                on split.pair_key - split.item_code * 4294967296 = other.item_code
        )
    {% endif %}
select *
from final
