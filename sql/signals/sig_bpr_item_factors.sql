-- One row per item_index: the item's BPR factors, a vector of numbers.
{{ config(enabled="bpr" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_bpr_model") }}),

    final as ({{ numbered_vectors("factors.item_factors", "item_index") }})

select *
from final
