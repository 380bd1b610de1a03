-- One row per line that a user took, and when the user took the item first.
{{
    config(
        enabled=var("experiments") | length > 0 or var("sample_sizes") | length > 0,
        materialized="view",
    )
}}
with
    events as (select * from {{ ref("int_events") }}),

    final as (
        select
            user_id,
            item_id,
            basket_id,
            event_at,
            amount,
            min(event_at) over (partition by user_id, item_id) as first_at
        from events
        where user_id is not null and is_taken
    )

select *
from final
