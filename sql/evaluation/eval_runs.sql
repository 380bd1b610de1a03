-- One row per (run_id, fold): what a backtest learned from, and what it was scored on.
{{ config(enabled=var("as_of") is not none) }}
with
    reference as (select * from {{ ref("int_reference_time") }}),
    truth as (select * from {{ ref("eval_truth") }}),

    scored as (
        select
            count(*) as truth_count,
            count(
                distinct case when not is_newcomer then user_id end
            ) as test_user_count,
            count(distinct case when is_newcomer then user_id end) as newcomer_count
        from truth
    ),

    final as (
        select
            {{ text(var("eval_run")["run_id"] or invocation_id) }} as run_id,
            {{ var("eval_run")["fold"] | int }} as fold,
            {{ text(var("eval_split")) }} as split,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ var("holdout_days") | int }} as holdout_days,
            {{ var("eval_gap_days") | int }} as gap_days,
            reference.first_event_at,
            reference.last_event_at,
            reference.event_count,
            reference.user_count,
            scored.truth_count,
            scored.test_user_count,
            scored.newcomer_count,
            {{ text_or_null(var("eval_run")["commit"]) }} as git_commit,
            {{ text_or_null(var("eval_run")["vars"]) }} as changed_vars,
            {{ as_timestamp(run_started_at) }} as generated_at
        from reference
        cross join scored
    )

select *
from final
