-- One row per user_index: the user's SVD factors, a vector of numbers.
{{ config(enabled="svd" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_svd_model") }}),

    final as ({{ numbered_vectors("factors.user_factors", "user_index") }})

select *
from final
