-- One row per itemset in at least min_itemset_support of the baskets, up to its size.
-- Level by level (Apriori, Agrawal and Srikant 1994): two frequent itemsets that differ
-- in their last item alone make one, counted where both are (Eclat, Zaki 2000).
{{ config(enabled=(var("max_itemset_size") | int) > 2) }}
{% set sizes = range(1, (var("max_itemset_size") | int) + 1) %}
with
    basket_items as (select * from {{ ref("int_basket_items") }}),
    items as (select * from {{ ref("int_items") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    itemsets_1 as (
        select
            [items.item_id] as item_ids,
            items.item_index as last_index,
            items.item_index as itemset_index,
            items.basket_count as itemset_count,
            reference.basket_count
        from items
        cross join reference
        where
            {{ ratio("items.basket_count", "reference.basket_count") }}
            >= {{ var("min_itemset_support") | float }}
    ),

    held_1 as (
        select
            basket_items.basket_index,
            0 as head_index,
            itemsets_1.last_index,
            itemsets_1.itemset_index
        from basket_items
        inner join itemsets_1 on basket_items.item_index = itemsets_1.last_index
    ),

    {% for size in sizes[1:] %}
        grown_{{ size }} as (
            select one.basket_index, one.itemset_index as head_index, other.last_index
            from held_{{ size - 1 }} as one
            inner join
                held_{{ size - 1 }} as other
                on one.basket_index = other.basket_index
                and one.head_index = other.head_index
                and one.last_index < other.last_index
        ),

        counted_{{ size }} as (
            select head_index, last_index, count(*) as itemset_count
            from grown_{{ size }}
            group by head_index, last_index
        ),

        itemsets_{{ size }} as (
            select
                list_append(heads.item_ids, items.item_id) as item_ids,
                counted.head_index,
                counted.last_index,
                counted.itemset_count,
                reference.basket_count,
                row_number() over (
                    order by counted.head_index, counted.last_index
                ) as itemset_index
            from counted_{{ size }} as counted
            inner join
                itemsets_{{ size - 1 }} as heads
                on counted.head_index = heads.itemset_index
            inner join items on counted.last_index = items.item_index
            cross join reference
            where
                {{ ratio("counted.itemset_count", "reference.basket_count") }}
                >= {{ var("min_itemset_support") | float }}
        ),

        {% if not loop.last %}
            held_{{ size }} as (
                select basket_index, head_index, last_index, itemset_index
                from grown_{{ size }}
                inner join itemsets_{{ size }} using (head_index, last_index)
            ),
        {% endif %}
    {% endfor %}

    final as (
        {% for size in sizes %}
            select
                item_ids,
                {{ size }} as item_count,
                itemset_count,
                basket_count,
                {{ ratio("itemset_count", "basket_count") }} as support
            from itemsets_{{ size }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
