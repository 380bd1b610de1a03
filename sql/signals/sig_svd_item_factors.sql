-- One row per item_index: the item's SVD factors, a vector of numbers.
{{ config(enabled="svd" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_svd_model") }}),

    final as ({{ numbered_vectors("factors.item_factors", "item_index") }})

select *
from final
