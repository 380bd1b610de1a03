-- One row per user_index: the user's factors of feature ALS, a vector of numbers.
{{ config(enabled="feature_als" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_feature_als_model") }}),
    users as (select * from {{ ref("int_users") }}),

    numbered as (
        {{ numbered_values("factors.user_factors", "user_index", "factors") }}
    ),

    final as (
        select user_index, factors
        from numbered
        where user_index in (select user_index from users)
    )

select *
from final
