-- One row per (user_id, item_id): what is near in the graph of users and items.
-- score by GF-CF (Shen et al. 2021); the strongest term is the reason.
{{ config(enabled="graph_filter" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    item_weights as (select * from {{ ref("sig_graph_filter_weights") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (select * from {{ ref("elig_exclusions") }}),

    indexed as (
        {{ best_linear(var("graph_filter_weights"), var("graph_filter_max_items")) }}
    ),

    scored as ({{ with_ids("indexed") }}),

    final as ({{ best_candidates("scored", "graph_filter") }})

select *
from final
