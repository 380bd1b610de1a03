-- One row per run_id: this refresh and those before it, and what each is compared with.
-- The baseline is the last refresh before it that was published.
{{ config(enabled=var("refresh_history")) }}
with
    refreshes as (select * from {{ ref("stg_refreshes") }}),
    profiles as (select * from {{ ref("stg_refresh_profiles") }}),

    profiled as (select run_id from profiles group by run_id),

    runs as (
        select
            {{ text(invocation_id) }} as run_id,
            {{ as_timestamp(run_started_at) }} as started_at,
            true as is_this
        union all
        select run_id, started_at, false
        from refreshes
        where run_id <> {{ text(invocation_id) }}
    ),

    numbered as (
        select
            *,
            row_number() over (order by is_this desc, started_at desc, run_id)
            - 1 as refreshes_ago
        from runs
    ),

    paired as (
        select
            numbered.run_id,
            earlier.run_id as baseline_run_id,
            row_number() over (
                partition by numbered.run_id order by earlier.refreshes_ago
            ) as age_rank
        from numbered
        inner join numbered as earlier on numbered.refreshes_ago < earlier.refreshes_ago
        inner join profiled on earlier.run_id = profiled.run_id
        inner join
            refreshes
            on earlier.run_id = refreshes.run_id
            and refreshes.outcome = 'published'
    ),

    final as (
        select
            numbered.run_id,
            numbered.started_at,
            numbered.refreshes_ago,
            paired.baseline_run_id,
            coalesce(mine.vars = theirs.vars, true) as is_alike
        from numbered
        left join paired on numbered.run_id = paired.run_id and paired.age_rank = 1
        left join refreshes as mine on numbered.run_id = mine.run_id
        left join refreshes as theirs on paired.baseline_run_id = theirs.run_id
    )

select *
from final
