-- One row per user and what the ranker knows of them. Kept in memory by the service.
{{ config(enabled=var("serving") and uses_ranker("users") == "yes") }}
with
    features as (select * from {{ ref("serve_user_features") }}),

    final as (select user_id, features from features)

select *
from final
order by user_id
