-- One row per refresh or publish before as_of, as recsql recorded it.
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
        {% if var("as_of") is not none %}
            where started_at < {{ as_timestamp(var("as_of")) }}
        {% endif %}
    )

select *
from final
