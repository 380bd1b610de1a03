-- One row per (antecedent_index, consequent_index): y in the user's next moments
-- after x.
-- discounted_count = sum over the next sequential_max_steps moments of 1 / step.
{{ config(enabled="sequential" in var("candidate_sources")) }}
{% set steps = range(1, (var("sequential_max_steps") | int) + 1) %}
with
    basket_items as (select * from {{ ref("int_basket_items") }}),
    baskets as (select * from {{ ref("int_basket_sequence") }}),
    items as (select * from {{ ref("int_items") }}),

    taken as (
        select baskets.user_id, baskets.basket_number, items.item_index
        from basket_items
        inner join baskets on basket_items.basket_index = baskets.basket_index
        inner join items on basket_items.item_index = items.item_index
        where items.is_eligible
        group by baskets.user_id, baskets.basket_number, items.item_index
    ),

    steps as (select unnest(range(1, {{ steps | length + 1 }})) as step),

    expected as (
        select
            taken.user_id,
            taken.item_index,
            steps.step,
            taken.basket_number + steps.step as next_number
        from taken
        cross join steps
    ),

    final as (
        select
            expected.item_index as antecedent_index,
            taken.item_index as consequent_index,
            count(*) as pair_count,
            {% for step in steps %}
                count(*) filter (where expected.step = {{ step }}) / {{ step }}
                {{ "" if loop.last else "+" }}
            {% endfor %} as discounted_count
        from expected
        inner join
            taken
            on expected.user_id = taken.user_id
            and expected.next_number = taken.basket_number
            and expected.item_index <> taken.item_index
        group by expected.item_index, taken.item_index
        having count(*) >= {{ var("min_pair_count") | int }}
    )

select *
from final
