-- One row per item_index: the item's ALS factors, a vector of als_factors numbers.
{{ config(enabled="als" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_als_model") }}),

    final as (
        select
            cast(unnest(range(len(factors.item_factors))) as integer) as item_index,
            unnest(factors.item_factors) as factors
        from model
    )

select *
from final
