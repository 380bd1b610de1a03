-- One row per (user_id, item_id): what follows from all the user took, by EASE.
-- score = sum of weight * item weight (Steck 2019); the strongest term is the reason.
{{ config(enabled="ease" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    item_weights as (select * from {{ ref("sig_ease_weights") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),

    indexed as ({{ best_linear(var("ease_weights"), var("ease_max_items")) }}),

    scored as ({{ with_ids("indexed") }}),

    final as ({{ best_candidates("scored", "ease") }})

select *
from final
