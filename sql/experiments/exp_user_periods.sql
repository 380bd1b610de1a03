-- One row per (experiment, user_id, period) that is analysed: when events count.
-- during: from the start or the first exposure on. before: pre_days up to the start.
{{ config(enabled=var("experiments") | length > 0) }}
with
    assignments as (select * from {{ ref("exp_assignments") }}),
    plan as (select * from {{ ref("exp_plan") }}),
    users as (select * from {{ ref("int_users") }}),
    exposures as (select * from {{ ref("exp_exposures") }}),

    exposed as (
        select
            exposures.experiment, exposures.user_id, min(exposures.shown_at) as shown_at
        from exposures
        inner join
            plan
            on exposures.experiment = plan.experiment
            and exposures.variant = plan.variant
        where
            exposures.shown_at >= plan.starts_at
            and (plan.ends_at is null or exposures.shown_at < plan.ends_at)
        group by exposures.experiment, exposures.user_id
    ),

    analysed as (
        select
            assignments.experiment,
            assignments.user_id,
            assignments.variant,
            plan.pre_from_at,
            plan.starts_at,
            plan.ends_at,
            case
                when plan.population = 'exposed'
                then exposed.shown_at
                -- a variant that wins new users must not choose who is compared
                when users.first_at < plan.starts_at
                then plan.starts_at
            end as counts_from_at
        from assignments
        inner join
            plan
            on assignments.experiment = plan.experiment
            and assignments.variant = plan.variant
        left join users on assignments.user_id = users.user_id
        left join
            exposed
            on assignments.experiment = exposed.experiment
            and assignments.user_id = exposed.user_id
    ),

    final as (
        select
            experiment,
            user_id,
            'during' as period,
            variant,
            counts_from_at as from_at,
            ends_at as until_at
        from analysed
        where counts_from_at is not null
        union all
        select experiment, user_id, 'before', variant, pre_from_at, starts_at
        from analysed
        where counts_from_at is not null
    )

select *
from final
