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

    indexed as ({{ best_linear("decayed", var("sar_max_items")) }}),

    scored as ({{ with_ids("indexed") }}),

    final as ({{ best_candidates("scored", "sar") }})

select *
from final
