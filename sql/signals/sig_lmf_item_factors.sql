-- One row per item_index of an eligible item: its LMF factors, a vector of numbers.
-- Items that came after the fit have zeros until the next.
{{ config(enabled="lmf" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_lmf_model") }}),
    items as (select * from {{ ref("int_items") }}),

    known as ({{ keyed_vectors("item") }}),

    final as ({{ item_vectors() }})

select *
from final
