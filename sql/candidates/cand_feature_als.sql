-- One row per (user_id, item_id): items whose factors of feature ALS point the user's
-- way.
-- score = inner product; new items, and users who took nothing, are placed by their
-- attributes.
{{
    config(
        enabled="feature_als" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    features as (select * from {{ ref("sig_user_features") }}),
    user_factors as (
        select *
        from {{ ref("sig_feature_als_user_factors") }}
        where {{ in_block("user_index") }}
    ),
    item_factors as (select * from {{ ref("sig_feature_als_item_factors") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (
        select * from {{ ref("elig_user_scopes") }} where {{ in_block("user_index") }}
    ),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (
        select * from {{ ref("elig_exclusions") }} where {{ in_block("user_index") }}
    ),

    known as (
        select user_index, item_index
        from user_items
        where item_index in (select item_index from item_factors)
    ),

    placed as (
        select user_index
        from user_items
        where is_eligible
        union all
        select user_index
        from features
    ),

    best_new as ({{ best_new_items("placed") }}),

    indexed as ({{ new_and_known() }}),

    scored as ({{ with_ids("indexed") }}),

    final as ({{ best_candidates("scored", "feature_als") }})

select *
from final
