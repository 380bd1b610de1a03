-- One row per (user_id, item_id): the most popular items, new to the user or repeats.
-- score by var popularity, the same for everyone.
{{ config(enabled="popular" in var("candidate_sources")) }}
with
    popularity as (select * from {{ ref("sig_popularity") }}),
    user_scopes as (select * from {{ ref("elig_user_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    audiences as (select user_id, scope_index as audience from user_scopes),

    ranked as ({{ ranked_by_scope("popularity", "scope_items") }}),

    scored as ({{ audience_scores("audiences", "ranked") }}),

    final as ({{ best_candidates("scored", "popular") }})

select *
from final
