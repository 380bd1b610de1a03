-- One row per (surface, user_id): whose catalogue of the surface is which.
{{ config(enabled=var("serving") and surfaces_use(["where"]) == "yes") }}
with
    profiles as (select * from {{ ref("elig_profiles") }}),

    final as (select surface, user_id, profile from profiles)

select *
from final
