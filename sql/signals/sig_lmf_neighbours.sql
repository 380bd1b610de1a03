-- One row per (item_index, similar_item_index): items whose LMF factors point the
-- same way.
-- similarity = cosine of the two items' factors, above 0.
{{ config(enabled="lmf" in var("similar_items")) }}
with
    item_factors as (select * from {{ ref("sig_lmf_item_factors") }}),

    unit_vectors as ({{ unit_vectors(var("lmf_factors")) }}),

    final as ({{ nearest_vectors() }})

select *
from final
