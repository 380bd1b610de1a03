-- One row per (user_id, item_id) that the user bought and gave back: not taken, but not
-- in the cart any more, either.
{{ config(materialized="view") }}
with
    checked as (select * from {{ ref("int_event_checks") }}),

    final as (
        select user_id, item_id, max(event_at) as bought_at
        from checked
        where rejection_reason = 'returned' and user_id is not null
        group by user_id, item_id
    )

select *
from final
