-- One row per user_index: the user's BPR factors, a vector of numbers.
-- Users who came after the fit have none until the next.
{{ config(enabled="bpr" in var("candidate_sources")) }}
with
    model as (select * from {{ ref("sig_bpr_model") }}),
    users as (select * from {{ ref("int_users") }}),

    known as ({{ keyed_vectors("user") }}),

    final as ({{ user_vectors() }})

select *
from final
