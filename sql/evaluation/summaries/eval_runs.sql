-- One row per (run_id, fold): what a backtest learned from, and what it was scored on;
-- and of all that was taken, how much no list could hold, by the reasons of eval_taken.
{{ config(enabled=var("as_of") is not none) }}
{% set reasons = ["unknown", "rare", "not on offer", "blocked"] %}
with
    reference as (select * from {{ ref("int_reference_time") }}),
    taken as (select * from {{ ref("eval_taken") }}),
    truth as (select * from {{ ref("eval_truth") }}),

    scored as (
        select
            count(*) as truth_count,
            count(case when is_repeat then 1 end) as repeat_count,
            count(
                distinct case when not is_newcomer then user_id end
            ) as test_user_count,
            count(distinct case when is_newcomer then user_id end) as newcomer_count
        from truth
    ),

    counted as (
        select
            {% for reason in reasons -%}
                count(
                    case when unlistable_because = {{ text(reason) }} then 1 end
                ) as {{ reason | replace(" ", "_") }}_count,
            {% endfor -%}
            {{ ratio("count(unlistable_because)", "count(*)") }} as unlistable_share,
            count(*) as taken_count
        from taken
    ),

    final as (
        select
            {{ text(var("eval_run")["run_id"] or invocation_id) }} as run_id,
            {{ var("eval_run")["fold"] or 0 }} as fold,
            {{ text(var("eval_split")) }} as split,
            {{ text(var("eval_truth")) }} as truth,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ var("holdout_days") | int }} as holdout_days,
            {{ var("eval_gap_days") | int }} as gap_days,
            reference.first_event_at,
            reference.last_event_at,
            reference.event_count,
            reference.user_count,
            scored.truth_count,
            scored.repeat_count,
            counted.taken_count,
            {% for reason in reasons -%}
                counted.{{ reason | replace(" ", "_") }}_count,
            {% endfor -%}
            counted.unlistable_share,
            scored.test_user_count,
            scored.newcomer_count,
            {{ text_or_null(var("eval_run")["commit"]) }} as git_commit,
            {{ text_or_null(var("eval_run")["vars"]) }} as changed_vars,
            {{ as_timestamp(run_started_at) }} as generated_at
        from reference
        cross join scored
        cross join counted
    )

select *
from final
