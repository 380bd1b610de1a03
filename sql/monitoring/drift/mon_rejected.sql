-- One row per (run_id, rejection_reason): events that a refresh could not use.
with
    profiles as (select * from {{ ref("mon_profiles") }}),

    counts as (
        select *, sum(amount) over (partition by run_id) as read_count
        from profiles
        where measure = 'verdict'
    ),

    final as (
        select
            run_id,
            bin as rejection_reason,
            cast(amount as bigint) as event_count,
            {{ ratio("amount", "read_count") }} as event_share,
            refreshes_ago,
            {{ as_timestamp(run_started_at) }} as generated_at
        from counts
        where bin <> 'accepted'
    )

select *
from final
