-- One row per item_index: the item's factors of feature ALS, a vector of numbers.
{{ config(enabled="feature_als" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_feature_als_model") }}),
    items as (select * from {{ ref("int_items") }}),

    numbered as (
        {{ numbered_values("factors.item_factors", "item_index", "factors") }}
    ),

    final as (
        select item_index, factors
        from numbered
        where item_index in (select item_index from items where is_eligible or is_new)
    )

select *
from final
