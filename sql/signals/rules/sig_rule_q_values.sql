-- One row per (antecedent_item_id, consequent_item_id) of sig_rules: is it a discovery?
-- q = min over this and weaker pairs of p_value * tested pairs / place of the pair.
-- Benjamini and Hochberg 1995. A pair is tested once, whichever way its rules point.
{{ config(materialized="view") }}
with
    tests as (select * from {{ ref("sig_rule_tests") }}),
    items as (select * from {{ ref("int_items") }}),

    sold as (
        select
            count(*) as item_count,
            count(*) filter (where not is_eligible) as rare_count
        from items
        where basket_count > 0
    ),

    -- every pair that could make a rule, kept or not: one of the two is eligible
    possible as (
        select
            (item_count * (item_count - 1) - rare_count * (rare_count - 1))
            / 2 as pair_count
        from sold
    ),

    ranked as (
        select
            *,
            dense_rank() over (
                order by
                    log_likelihood_ratio desc,
                    least(antecedent_index, consequent_index),
                    greatest(antecedent_index, consequent_index)
            ) as pair_rank
        from tests
    ),

    final as (
        select
            ranked.antecedent_item_id,
            ranked.consequent_item_id,
            ranked.p_value,
            ranked.pair_rank,
            least(
                min(ranked.p_value * possible.pair_count / ranked.pair_rank) over (
                    order by ranked.pair_rank desc
                ),
                1
            ) as q_value
        from ranked
        cross join possible
    )

select *
from final
