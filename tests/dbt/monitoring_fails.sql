-- Nothing is over vars drift_fail and freshness_fail: it would not be published.
{{ config(severity="error") }}
with
    alarms as (select * from {{ ref("mon_alarms") }}),

    final as (
        select string_agg(problem, '; ' order by problem) as problem
        from alarms
        where status = 'fail'
        having count(*) > 0
    )

select *
from final
