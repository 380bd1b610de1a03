-- One row per (user_id, item_id): items taken by the same users as the user's own, by
-- SAR.
-- score = sum over the user's items of weight * similarity of the items (Microsoft's
-- Recommenders: affinity times item similarity); the strongest term is the reason.
{{ config(enabled="sar" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    item_weights as (select * from {{ ref("sig_sar_weights") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),

    best as (
        select
            unnest(
                linear_top(
                    list(user_index),
                    list(item_index),
                    list({{ cell_weight("decayed") }}),
                    (select list(item_weights order by item_index) from item_weights),
                    {{ eligibility() }},
                    {{ var("candidates_per_user") | int }}
                ),
                recursive := true
            )
        from user_items
        where is_eligible and item_index < {{ var("sar_max_items") | int }}
    ),

    indexed as (
        select user_index, item_index, score, is_repeat, reason_index from best
    ),

    scored as ({{ with_ids("indexed") }}),

    final as ({{ best_candidates("scored", "sar") }})

select *
from final
