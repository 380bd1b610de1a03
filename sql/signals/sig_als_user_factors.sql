-- One row per user_index: the user's ALS factors, a vector of numbers.
{{ config(enabled="als" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_als_model") }}),

    final as ({{ numbered_vectors("factors.user_factors", "user_index") }})

select *
from final
