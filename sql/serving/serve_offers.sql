-- One row per (region, item_id): what may be shown in a region that availability or
-- restrictions name; in region all, what some region may show.
{{ config(enabled=var("serving")) }}
with
    offers as (select * from {{ ref("elig_region_items") }}),

    final as (select region, item_id, is_eligible from offers)

select *
from final
