-- One row per (user_id, item_id): what goes with the user's latest items.
-- score = sum of the rules' log_lift over the latest_items, evidence above chance; the
-- strongest rule is the reason.
{{
    config(
        enabled="rules" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),

    rules as (
        select *
        from {{ ref("sig_rules") }}
        where leverage > 0 and rule_rank <= {{ var("candidates_per_user") | int }}
    ),

    recency as ({{ latest_first("user_items") }}),

    summed as ({{ rule_scores("recency", "rules") }}),

    final as ({{ best_candidates("summed", "rules") }})

select *
from final
