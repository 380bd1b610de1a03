-- One row per thing to look at that the latest refresh noticed, failures first. Read by
-- `recsql report`.
with
    alarms as (select * from {{ ref("mon_alarms") }}),

    final as (select status, problem from alarms)

select *
from final
order by status, problem
