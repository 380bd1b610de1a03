-- One row per (user_id, item_id): items whose SVD factors point the user's way.
-- score = inner product; new items by one call over the catalogue, known ones by a
-- join.
{{
    config(
        enabled="svd" in var("candidate_sources"),
        meta={"blocks": "user_index"},
    )
}}
with
    user_items as (
        select * from {{ ref("int_user_items") }} where {{ in_block("user_index") }}
    ),
    user_factors as (
        select *
        from {{ ref("sig_svd_user_factors") }}
        where {{ in_block("user_index") }}
    ),
    item_factors as (select * from {{ ref("sig_svd_item_factors") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    user_scopes as (
        select * from {{ ref("elig_user_scopes") }} where {{ in_block("user_index") }}
    ),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    exclusions as (
        select * from {{ ref("elig_exclusions") }} where {{ in_block("user_index") }}
    ),

    known as (select user_index, item_index from user_items where is_eligible),

    best_new as ({{ best_new_items("known") }}),

    indexed as ({{ new_and_known() }}),

    scored as ({{ with_ids("indexed") }}),

    final as ({{ best_candidates("scored", "svd") }})

select *
from final
