-- One row per (antecedent_item_id, consequent_item_id): after x the user takes y.
-- confidence = discounted count of y in the next baskets / what it would be, were y in
-- each of them; the best candidates_per_user by confidence above y's share stay.
{{ config(enabled="sequential" in var("candidate_sources")) }}
{% set steps = range(1, (var("sequential_max_steps") | int) + 1) %}
with
    next_items as (select * from {{ ref("sig_next_items") }}),
    basket_items as (select * from {{ ref("int_basket_items") }}),
    baskets as (select * from {{ ref("int_basket_sequence") }}),
    items as (select * from {{ ref("int_items") }}),

    total as (select count(*) as basket_count from baskets),

    counted as (
        select
            basket_items.item_index,
            count(*) as item_count,
            {% for step in steps %}
                count(*) filter (where baskets.later_count >= {{ step }}) / {{ step }}
                {{ "" if loop.last else "+" }}
            {% endfor %} as discounted_chances
        from basket_items
        inner join baskets on basket_items.basket_index = baskets.basket_index
        group by basket_items.item_index
    ),

    measured as (
        select
            next_items.*,
            {{ ratio("next_items.discounted_count", "before.discounted_chances") }}
            as confidence,
            {{ ratio("after.item_count", "total.basket_count") }} as consequent_share
        from next_items
        inner join counted as before on next_items.antecedent_index = before.item_index
        inner join counted as after on next_items.consequent_index = after.item_index
        cross join total
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by antecedent_index
                order by confidence - consequent_share desc, consequent_index
            ) as rule_rank
        from measured
        where confidence > consequent_share
    ),

    final as (
        select
            antecedents.item_id as antecedent_item_id,
            consequents.item_id as consequent_item_id,
            ranked.antecedent_index,
            ranked.consequent_index,
            ranked.pair_count,
            ranked.discounted_count,
            ranked.confidence,
            ranked.confidence / ranked.consequent_share as lift,
            ranked.rule_rank
        from ranked
        inner join
            items as antecedents on ranked.antecedent_index = antecedents.item_index
        inner join
            items as consequents on ranked.consequent_index = consequents.item_index
        where ranked.rule_rank <= {{ var("candidates_per_user") | int }}
    )

select *
from final
