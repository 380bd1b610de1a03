-- One row per user_index: the user's ALS factors, a vector of als_factors numbers.
{{ config(enabled="als" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_als_model") }}),

    final as (
        select
            cast(unnest(range(len(factors.user_factors))) as integer) as user_index,
            unnest(factors.user_factors) as factors
        from model
    )

select *
from final
