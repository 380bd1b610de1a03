-- One row per exposure of a user in an experiment, on the experiment's surface.
{{ config(enabled=var("experiments") | length > 0, materialized="view") }}
with
    assignments as (select * from {{ ref("exp_assignments") }}),
    plan as (select * from {{ ref("exp_plan") }}),
    exposures as (select * from {{ ref("stg_exposures") }}),

    final as (
        select
            assignments.experiment,
            assignments.user_id,
            assignments.variant,
            exposures.variant as shown_variant,
            exposures.shown_at,
            exposures.clicked_at is not null as is_clicked
        from exposures
        inner join assignments on exposures.user_id = assignments.user_id
        inner join
            plan
            on assignments.experiment = plan.experiment
            and assignments.variant = plan.variant
        where plan.surface is null or exposures.surface = plan.surface
    )

select *
from final
