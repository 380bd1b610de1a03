-- One row per item_index: the item's ALS factors, a vector of numbers.
{{ config(enabled="als" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_als_model") }}),

    final as ({{ numbered_vectors("factors.item_factors", "item_index") }})

select *
from final
