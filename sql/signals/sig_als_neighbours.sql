-- One row per (item_index, similar_item_index): items whose ALS factors point the
-- same way.
-- similarity = cosine of the two items' factors, above 0.
{{ config(enabled="als" in var("similar_items")) }}
with
    item_factors as (select * from {{ ref("sig_als_item_factors") }}),

    unit_vectors as ({{ unit_vectors(var("als_factors")) }}),

    final as ({{ nearest_vectors() }})

select *
from final
