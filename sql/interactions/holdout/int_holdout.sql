-- One row per (user_id, item_id) taken in the holdout window.
{{ config(enabled=var("as_of") is not none) }}
with
    events as (select * from {{ ref("int_holdout_events") }}),

    final as (
        select
            user_id,
            item_id,
            min(event_at) as first_at,
            count(*) as event_count,
            {{ stable_sum("event_weight") }} as weight,
            {{ ratio(stable_sum("rating"), "count(rating)") }} as rating
        from events
        where is_taken
        group by user_id, item_id
    )

select *
from final
