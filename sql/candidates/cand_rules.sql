-- One row per (user_id, item_id): what goes with the user's latest items.
-- score = sum of rule confidence over the latest_items; the strongest rule is the
-- reason.
{{ config(enabled="rules" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    rules as (select * from {{ ref("sig_rules") }}),

    recency as ({{ latest_first() }}),

    summed as (
        select
            recency.user_id,
            rules.consequent_item_id as item_id,
            rules.consequent_index as item_index,
            {{ stable_sum("rules.confidence") }} as score,
            arg_max(
                rules.antecedent_item_id, (rules.confidence, - rules.antecedent_index)
            ) as reason_item_id
        from recency
        inner join rules on recency.item_index = rules.antecedent_index
        where
            recency.recency_rank <= {{ var("latest_items") | int }}
            and rules.leverage > 0
            and rules.rule_rank <= {{ var("candidates_per_user") | int }}
        group by recency.user_id, rules.consequent_item_id, rules.consequent_index
    ),

    scored as ({{ mark_repeats("summed") }}),

    final as ({{ best_candidates("scored", "rules") }})

select *
from final
