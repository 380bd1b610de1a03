-- One row per item that was ever seen, as its latest event describes it.
with
    lines as (select * from {{ ref("analytics_items") }}),

    final as (
        select
            item_id,
            arg_max(title, (event_at, title)) as title,
            arg_max(category, (event_at, category)) as category
        from lines
        group by item_id
    )

select *
from final
