-- One row per item_index of an eligible item: its SVD factors, a vector of numbers.
-- Items that came after the fit have zeros until the next.
{{ config(enabled="svd" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_svd_model") }}),
    items as (select * from {{ ref("int_items") }}),

    known as ({{ keyed_vectors("item") }}),

    final as ({{ item_vectors() }})

select *
from final
