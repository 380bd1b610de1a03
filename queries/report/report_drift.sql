-- One row per recent refresh, measure of drift, part and statistic, the latest first.
-- Read by `recsql report`.
{{ config(enabled=var("refresh_history")) }}
with
    drift as (select * from {{ ref("mon_drift") }}),

    final as (
        select
            run_id,
            started_at,
            refreshes_ago,
            replace(measure, '_', ' ') as measure,
            part,
            concat(
                replace(measure, '_', ' '),
                case when part = 'all' then '' else concat(': ', part) end
            ) as series,
            statistic,
            figure,
            warn_at,
            fail_at,
            coalesce(warn_at, fail_at) as limit_at,
            status
        from drift
        where refreshes_ago < 50
    )

select *
from final
order by refreshes_ago, measure, part, statistic
