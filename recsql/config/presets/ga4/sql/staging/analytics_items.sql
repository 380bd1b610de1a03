-- One row per event and item of it; events without items say nothing of any.
with
    analytics as (select * from {{ source("raw", "analytics") }}),

    lines as (select analytics.*, unnest(analytics.items) as line from analytics),

    final as (
        select
            coalesce(cast(user_id as varchar), user_pseudo_id) as visitor,
            make_timestamp(cast(event_timestamp as bigint)) as event_at,
            event_name,
            cast(ecommerce.transaction_id as varchar) as transaction_id,
            cast(line.item_id as varchar) as item_id,
            line.item_name as title,
            line.item_category as category,
            coalesce(cast(line.quantity as double), 1) as quantity,
            coalesce(cast(line.quantity as double), 1) * line.price as amount
        from lines
    )

select *
from final
