-- One row per region and item that may be shown there, by places from 0. Kept in memory
-- by the service.
{{ config(enabled=var("serving")) }}
with
    offers as (select * from {{ ref("serve_offers") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select offers.region, items.popularity_rank - 1 as item_place
        from offers
        inner join items on offers.item_id = items.item_id
    )

select *
from final
order by region, item_place
