-- One row per surface and user: whose catalogue of the surface is which. Kept in memory
-- by the service.
{{ config(enabled=var("serving") and surfaces_use(["where"]) == "yes") }}
with
    profiles as (select * from {{ ref("serve_profiles") }}),

    final as (select surface, user_id, profile from profiles)

select *
from final
order by surface, user_id
