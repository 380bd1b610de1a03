-- One row per (item_index, similar_item_index): items whose SVD factors point the
-- same way.
-- similarity = cosine of the two items' factors, above 0.
{{ config(enabled="svd" in var("similar_items")) }}
with
    item_factors as (select * from {{ ref("sig_svd_item_factors") }}),

    unit_vectors as ({{ unit_vectors(var("svd_factors")) }}),

    final as ({{ nearest_vectors() }})

select *
from final
