-- One row per (user_index, item_index): how the user takes what shares the item's
-- category, or another attribute of it.
-- weight, baskets: of all the user's items with that value; share: of the user's whole
-- weight; days: since the last of them.
{{ config(enabled=uses_ranker("affinity") == "yes") }}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    user_items as (select * from {{ ref("int_user_items") }}),
    attributes as (select * from {{ ref("stg_item_attributes") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    summed as (
        select
            user_items.user_index,
            attributes.attribute,
            attributes.attribute_value,
            {{ stable_sum("user_items.weight") }} as weight,
            sum(user_items.basket_count) as basket_count,
            max(user_items.last_taken_at) as last_at
        from user_items
        inner join attributes on user_items.item_id = attributes.item_id
        where user_items.weight > 0
        group by user_items.user_index, attributes.attribute, attributes.attribute_value
    ),

    shared as (
        select
            summed.*,
            {{
                ratio(
                    "weight",
                    stable_sum("weight", "over (partition by user_index, attribute)"),
                )
            }} as weight_share,
            {{ days_between("summed.last_at", "reference.reference_at") }} as days
        from summed
        cross join reference
    ),

    final as (
        select
            pairs.user_index,
            pairs.item_index
            {% for name in ranker_attributes().split() %}
                ,
                {{ name }}_taken.weight as {{ name }}_weight,
                {{ name }}_taken.weight_share as {{ name }}_share,
                {{ name }}_taken.basket_count as {{ name }}_baskets,
                {{ name }}_taken.days as {{ name }}_days
            {% endfor %}
        from pairs
        {% for name in ranker_attributes().split() %}
            left join
                attributes as {{ name }}_of
                on pairs.item_id = {{ name }}_of.item_id
                and {{ name }}_of.attribute = '{{ name }}'
            left join
                shared as {{ name }}_taken
                on pairs.user_index = {{ name }}_taken.user_index
                and {{ name }}_of.attribute = {{ name }}_taken.attribute
                and {{ name }}_of.attribute_value = {{ name }}_taken.attribute_value
        {% endfor %}
    )

select *
from final
