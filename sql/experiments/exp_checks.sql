-- One row per (experiment, variant): are there as many users as planned?
-- Sample ratio mismatch (Fabijan et al. 2019): chi-square over the variants.
{{ config(enabled=var("experiments") | length > 0) }}
with
    plan as (select * from {{ ref("exp_plan") }}),
    periods as (select * from {{ ref("exp_user_periods") }}),
    exposures as (select * from {{ ref("exp_user_exposures") }}),

    counted as (
        select
            plan.experiment,
            plan.variant,
            plan.planned_share,
            plan.starts_at,
            count(periods.user_id) as user_count,
            count(*) filter (where exposures.other_variant_count > 0) as crossed_count
        from plan
        left join
            periods
            on plan.experiment = periods.experiment
            and plan.variant = periods.variant
            and periods.period = 'during'
        left join
            exposures
            on periods.experiment = exposures.experiment
            and periods.user_id = exposures.user_id
            and periods.period = exposures.period
        group by plan.experiment, plan.variant, plan.planned_share, plan.starts_at
    ),

    planned as (
        select
            *,
            planned_share
            * sum(user_count) over (partition by experiment) as planned_users,
            min(user_count) over (partition by experiment) as fewest_users,
            count(*) over (partition by experiment) - 1 as degrees_of_freedom
        from counted
    ),

    summed as (
        select
            *,
            {{
                stable_sum(
                    ratio("pow(user_count - planned_users, 2)", "planned_users"),
                    "over (partition by experiment)",
                )
            }} as chi_square
        from planned
    ),

    tested as (
        select
            *, chi_square_sf(chi_square, cast(degrees_of_freedom as double)) as p_value
        from summed
    ),

    final as (
        select
            experiment,
            variant,
            user_count,
            planned_users,
            crossed_count,
            chi_square,
            p_value,
            case
                when starts_at is null
                then 'not started'
                when chi_square is null
                then 'no users'
                when p_value < cast({{ var("sample_ratio_alpha") }} as double)
                then 'sample ratio mismatch'
                when fewest_users < {{ var("experiment_min_users") | int }}
                then 'too few users'
                else 'ok'
            end as verdict,
            {{ run_stamp() }}
        from tested
    )

select *
from final
