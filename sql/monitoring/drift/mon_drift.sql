-- One row per (run_id, measure, part, statistic): how far each refresh is from the one
-- published before it, against vars drift_warn and drift_fail.
-- psi and kl as in mon_divergences; rbo, the mean of mon_overlaps, is alarming when
-- low.
{{ config(enabled=var("refresh_history")) }}
with
    divergences as (select * from {{ ref("mon_divergences") }}),
    profiles as (select * from {{ ref("mon_profiles") }}),
    refreshes as (select * from {{ ref("mon_refreshes") }}),

    united as (
        select
            run_id,
            measure,
            part,
            'psi' as statistic,
            psi as figure,
            chance_bound,
            measure as limited_by
        from divergences
        union all
        select run_id, measure, part, 'kl', kl, null, null
        from divergences
        union all
        select run_id, measure, part, 'rbo', amount, null, measure
        from profiles
        where measure = 'list_overlap'
    ),

    limited as (
        select
            *,
            {{ limit_of("drift_warn", "limited_by") }} as warn_at,
            {{ limit_of("drift_fail", "limited_by") }} as fail_at
        from united
    ),

    judged as (
        select
            *,
            case
                when statistic = 'rbo'
                then {{ limit_status("figure <= warn_at", "figure <= fail_at") }}
                when figure < chance_bound
                then 'ok'
                else {{ limit_status("figure >= warn_at", "figure >= fail_at") }}
            end as verdict
        from limited
    ),

    final as (
        select
            judged.run_id,
            judged.measure,
            judged.part,
            judged.statistic,
            judged.figure,
            judged.chance_bound,
            judged.warn_at,
            judged.fail_at,
            -- what came with other vars is wanted: look at it, but publish
            case
                when judged.verdict = 'fail' and not refreshes.is_alike
                then 'warn'
                else judged.verdict
            end as status,
            refreshes.is_alike,
            refreshes.baseline_run_id,
            refreshes.started_at,
            refreshes.refreshes_ago,
            {{ as_timestamp(run_started_at) }} as generated_at
        from judged
        inner join refreshes on judged.run_id = refreshes.run_id
    )

select *
from final
