-- One row per item and what the ranker knows of it, by places from 0. Kept in memory by
-- the service.
{{ config(enabled=var("serving") and uses_ranker("items") == "yes") }}
with
    features as (select * from {{ ref("serve_item_features") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select items.popularity_rank - 1 as item_place, features.features
        from features
        inner join items on features.item_id = items.item_id
    )

select *
from final
order by item_place
