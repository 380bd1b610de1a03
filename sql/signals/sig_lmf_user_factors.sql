-- One row per user_index: the user's LMF factors, a vector of numbers.
{{ config(enabled="lmf" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_lmf_model") }}),

    final as ({{ numbered_vectors("factors.user_factors", "user_index") }})

select *
from final
