-- One row per backtest that is kept, the latest first. Read by `recsql report`.
{{ config(enabled=var("as_of") is not none) }}
with
    runs as (select * from {{ ref("eval_runs") }}),

    final as (
        select
            run_id,
            max(generated_at) as generated_at,
            count(*) as fold_count,
            min(split) as split,
            min(truth) as truth,
            coalesce(
                {{ ratio("sum(repeat_count)", "sum(truth_count)") }}, 0
            ) as repeat_share,
            min(as_of) as first_as_of,
            max(as_of) as last_as_of,
            max(holdout_days) as holdout_days,
            min(first_event_at) as first_event_at,
            max(event_count) as event_count,
            sum(test_user_count) as test_user_count,
            cast(max(git_commit) as varchar) as git_commit,
            max(changed_vars) as changed_vars
        from runs
        group by run_id
        qualify row_number() over (order by max(generated_at) desc, run_id) <= 50
    )

select *
from final
order by generated_at desc, run_id
