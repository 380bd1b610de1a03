-- One row per refresh or publish, as recsql recorded it. When it ran is the time of
-- clocks on walls: as_of, a moment of events, says nothing of it.
{{ config(enabled=var("refresh_history")) }}
with
    refreshes as (select * from {{ source("history", "refreshes") }}),

    final as (
        select
            run_id,
            command,
            started_at,
            ended_at,
            seconds,
            outcome,
            exit_code,
            problem,
            version,
            failed_test_count,
            warned_test_count,
            vars,
            git_commit,
            recsql_version,
            duckdb_version
        from refreshes
    )

select *
from final
