-- Fails where events were read and every one of them was rejected.
with
    accepted as (select count(*) as event_count from {{ ref("int_events") }}),
    rejected as (select * from {{ ref("int_rejected_events") }}),
    reasons as (select * from {{ ref("rejection_reasons") }}),

    counted as (
        select
            rejection_reason,
            count(*) as event_count,
            sum(count(*)) over () as rejected_count,
            row_number() over (order by count(*) desc, rejection_reason) as reason_rank
        from rejected
        group by rejection_reason
    ),

    final as (
        select
            concat(
                'no event of the ',
                cast(counted.rejected_count as varchar),
                ' that were read is accepted; the most frequent reason is ',
                counted.rejection_reason,
                ' (',
                cast(counted.event_count as varchar),
                '): ',
                reasons.what_to_do
            ) as problem
        from counted
        cross join accepted
        left join reasons on counted.rejection_reason = reasons.reason
        where accepted.event_count = 0 and counted.reason_rank = 1
    )

select *
from final
