-- One row per learned ranker, one at most, and which features are known of any item.
-- Kept in memory by the service.
{{ config(enabled=var("serving") and uses_ranker() == "yes") }}
with
    rankers as (select * from {{ ref("serve_rankers") }}),

    final as (select booster, item_features, user_features from rankers)

select *
from final
