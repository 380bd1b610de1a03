-- One row per (antecedent_item_id, consequent_item_id): after x the user takes y.
-- confidence = discounted count of y in the next moments / what it would be, were y in
-- each of them; of those above y's share the best candidates_per_user by log_lift stay.
{{ config(enabled="sequential" in var("candidate_sources")) }}
{% set steps = range(1, (var("sequential_max_steps") | int) + 1) %}
with
    next_items as (select * from {{ ref("sig_next_items") }}),
    basket_items as (select * from {{ ref("int_basket_items") }}),
    baskets as (select * from {{ ref("int_basket_sequence") }}),
    items as (select * from {{ ref("int_items") }}),

    moments as (
        select user_id, basket_number from baskets group by user_id, basket_number
    ),

    total as (select count(*) as moment_count from moments),

    taken as (
        select
            basket_items.item_index,
            baskets.user_id,
            baskets.basket_number,
            max(baskets.later_count) as later_count
        from basket_items
        inner join baskets on basket_items.basket_index = baskets.basket_index
        group by basket_items.item_index, baskets.user_id, baskets.basket_number
    ),

    counted as (
        select
            item_index,
            count(*) as item_count,
            {% for step in steps %}
                count(case when later_count >= {{ step }} then 1 end) / {{ step }}
                {{ "" if loop.last else "+" }}
            {% endfor %} as discounted_chances
        from taken
        group by item_index
    ),

    measured as (
        select
            next_items.*,
            {{ ratio("next_items.discounted_count", "before.discounted_chances") }}
            as confidence,
            {{ ratio("after.item_count", "total.moment_count") }} as consequent_share,
            before.discounted_chances
        from next_items
        inner join counted as before on next_items.antecedent_index = before.item_index
        inner join counted as after on next_items.consequent_index = after.item_index
        cross join total
    ),

    weighed as (
        select
            *,
            {{
                log_lift(
                    "discounted_count",
                    "discounted_chances * consequent_share",
                    "discounted_chances",
                )
            }} as log_lift
        from measured
        where confidence > consequent_share
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by antecedent_index order by log_lift desc, consequent_index
            ) as rule_rank
        from weighed
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
            ranked.log_lift,
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
