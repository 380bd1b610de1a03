-- One row per user_index: the user's BPR factors, a vector of numbers.
{{ config(enabled="bpr" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_bpr_model") }}),

    final as ({{ numbered_vectors("factors.user_factors", "user_index") }})

select *
from final
