-- One row per (run_id, measure, part, bin): what mon_profile was in a refresh.
{{ config(enabled=var("refresh_history")) }}
with
    profiles as (select * from {{ source("history", "refresh_profiles") }}),

    final as (select run_id, measure, part, bin, amount from profiles)

select *
from final
