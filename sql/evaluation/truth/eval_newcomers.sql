-- One row per user whose first event is in the holdout: no model knows them.
{{ config(enabled=var("as_of") is not none) }}
with
    holdout as (select * from {{ ref("int_holdout_events") }}),
    users as (select * from {{ ref("int_users") }}),

    known as (select user_id from users where event_count > 0),

    final as (
        select holdout.user_id
        from holdout
        left join known on holdout.user_id = known.user_id
        where known.user_id is null
        group by holdout.user_id
    )

select *
from final
