-- One row per (item_index, other_item_index), the smaller first: baskets holding both.
-- Items in fewer than min_pair_count baskets cannot reach it and are left out early.
{% set decayed = var("rule_decay_days") is not none %}
with
    basket_items as (select * from {{ ref("int_basket_items") }}),
    items as (select * from {{ ref("int_items") }}),
    {% if decayed %}
        weights as (select * from {{ ref("int_basket_weights") }}),
    {% endif %}

    frequent as (
        select
            {% if decayed %} weights.basket_weight, {% endif %}
            basket_items.basket_index,
            basket_items.item_index
        from basket_items
        inner join items on basket_items.item_index = items.item_index
        {% if decayed %}
            inner join weights on basket_items.basket_index = weights.basket_index
        {% endif %}
        where items.basket_count >= {{ var("min_pair_count") | int }}
    ),

    final as (
        select
            one.item_index,
            other.item_index as other_item_index,
            count(*) as pair_count,
            {{ basket_sum("one.basket_weight") }} as pair_weight
        from frequent as one
        inner join
            frequent as other
            on one.basket_index = other.basket_index
            and one.item_index < other.item_index
        group by one.item_index, other.item_index
        having count(*) >= {{ var("min_pair_count") | int }}
    )

select *
from final
