-- One row per (user_id, item_id) taken in the holdout window; cleaned as the past is.
{{ config(enabled=var("as_of") is not none) }}
with
    events as (select * from {{ ref("stg_holdout_events") }}),

    checked as (select *, {{ rejection_reason() }} as rejection_reason from events),

    final as (
        select user_id, item_id, min(event_at) as first_at, count(*) as event_count
        from checked
        where rejection_reason is null and user_id is not null
        group by user_id, item_id
    )

select *
from final
