-- Nothing is over vars drift_warn and freshness_warn.
{{ config(severity="warn") }}
with
    alarms as (select * from {{ ref("mon_alarms") }}),

    final as (
        select string_agg(problem, '; ' order by problem) as problem
        from alarms
        where status = 'warn'
        having count(*) > 0
    )

select *
from final
