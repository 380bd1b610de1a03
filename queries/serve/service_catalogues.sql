-- One row per surface, profile and item of its own catalogue, by places from 0. Kept in
-- memory by the service.
{{ config(enabled=var("serving") and surfaces_use(["where"]) == "yes") }}
with
    catalogues as (select * from {{ ref("serve_catalogues") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select
            catalogues.surface,
            catalogues.profile,
            items.popularity_rank - 1 as item_place
        from catalogues
        inner join items on catalogues.item_id = items.item_id
    )

select *
from final
order by surface, profile, item_place
