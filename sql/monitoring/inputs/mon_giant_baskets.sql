-- One row: the baskets with more than max_basket_items items, which make no pairs.
{% set cap = var("max_basket_items") %}
with
    baskets as (select * from {{ ref("int_baskets") }}),

    giants as (
        select line_count, item_count
        from baskets
        where
            {% if cap is none %} false
            {% else %} item_count > {{ cap | int }}
            {% endif %}
    ),

    final as (
        select
            {{ "null" if cap is none else cap | int }} as max_basket_items,
            count(*) as basket_count,
            cast(coalesce(sum(line_count), 0) as bigint) as line_count,
            max(item_count) as largest_item_count
        from giants
    )

select *
from final
