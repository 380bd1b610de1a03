-- One row per (user_id, item_id): what users take next after the user's latest items.
-- score = sum of the rules' log_lift over the latest_items, evidence above chance; the
-- strongest rule is the reason.
{{
    config(
        enabled="sequential" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    rules as (select * from {{ ref("sig_sequential_rules") }}),

    recency as ({{ latest_first("user_items") }}),

    summed as ({{ rule_scores("recency", "rules") }}),

    final as ({{ best_candidates("summed", "sequential") }})

select *
from final
