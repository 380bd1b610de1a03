-- One row per recent refresh: how it ended and what it was made of, the latest first.
-- Read by `recsql report`.
{{ config(enabled=var("refresh_history")) }}
with
    runs as (select * from {{ ref("mon_runs") }}),

    final as (
        select
            run_id,
            started_at,
            outcome,
            seconds,
            version,
            event_count,
            rejected_count,
            user_count,
            item_count
        from runs
        where refreshes_ago < 50
    )

select *
from final
order by started_at desc, run_id
