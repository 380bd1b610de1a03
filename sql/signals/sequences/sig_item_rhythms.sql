-- One row per item_id taken again by min_rhythm_users users or more: how often,
-- usually.
-- gap_days = median over users of their own median days from one basket to the next.
with
    repurchases as (select * from {{ ref("int_repurchases") }}),

    final as (
        select item_id, median(gap_days) as gap_days, count(*) as user_count
        from repurchases
        group by item_id
        having count(*) >= {{ var("min_rhythm_users") | int }}
    )

select *
from final
