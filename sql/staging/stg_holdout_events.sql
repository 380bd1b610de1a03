-- One row per raw event that is held out by var eval_split: by time, those in the
-- holdout_days from as_of on (and eval_gap_days later). Only evaluation reads them.
{{ config(enabled=var("as_of") is not none) }}
with
    mapped as ({{ mapped_events() }}),

    marked as ({{ marked_deletions("mapped", "holdout") }}),

    split as (select *, {{ split_part() }} as part from marked),

    final as (
        select
            user_id,
            item_id,
            event_at,
            unreadable_column,
            unreadable_text,
            event_type,
            basket_id,
            quantity,
            amount,
            rating,
            region,
            event_id,
            deletion,
            owner_key
        from split
        where part = 'holdout'
    )

select *
from final
