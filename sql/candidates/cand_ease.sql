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

    best as (
        select
            unnest(
                linear_top(
                    list(user_index),
                    list(item_index),
                    list({{ cell_weight(var("ease_weights")) }}),
                    (select list(item_weights order by item_index) from item_weights),
                    {{ eligibility() }},
                    {{ var("candidates_per_user") | int }}
                ),
                recursive := true
            )
        from user_items
        where is_eligible and item_index < {{ var("ease_max_items") | int }}
    ),

    indexed as (
        select user_index, item_index, score, is_repeat, reason_index from best
    ),

    scored as ({{ with_ids("indexed") }}),

    final as ({{ best_candidates("scored", "ease") }})

select *
from final
