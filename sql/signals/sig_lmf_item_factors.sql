-- One row per item_index: the item's LMF factors, a vector of numbers.
{{ config(enabled="lmf" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_lmf_model") }}),

    final as ({{ numbered_vectors("factors.item_factors", "item_index") }})

select *
from final
