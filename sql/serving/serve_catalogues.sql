-- One row per (surface, profile, item_id): the items of surfaces with a catalogue of
-- their own.
{{ config(enabled=var("serving") and surfaces_use(["where"]) == "yes") }}
with
    catalogues as (select * from {{ ref("elig_catalogues") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select catalogues.surface, catalogues.profile, items.item_id
        from catalogues
        inner join items on catalogues.item_index = items.item_index
    )

select *
from final
