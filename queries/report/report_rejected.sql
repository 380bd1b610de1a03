-- One row per reason why events were not used. Read by `recsql report`.
with
    rejected as (select * from {{ ref("int_rejected_events") }}),

    final as (
        select rejection_reason, count(*) as row_count
        from rejected
        group by rejection_reason
    )

select *
from final
order by row_count desc, rejection_reason
