-- One row per (experiment, variant, metric): a variant's figures beside the control's.
{{ config(enabled=var("experiments") | length > 0, materialized="view") }}
with
    variant_metrics as (select * from {{ ref("exp_variant_metrics") }}),
    plan as (select * from {{ ref("exp_plan") }}),
    metrics as (select * from {{ ref("experiment_metrics") }}),

    numbered as (
        select variant_metrics.*, plan.variant_number
        from variant_metrics
        inner join
            plan
            on variant_metrics.experiment = plan.experiment
            and variant_metrics.variant = plan.variant
    ),

    final as (
        select
            treated.experiment,
            treated.variant,
            treated.metric,
            metrics.kind,
            control.variant as control_variant,
            {% for side, source in [("control", "control"), ("variant", "treated")] %}
                cast({{ source }}.user_count as double) as {{ side }}_users,
                {{ source }}.metric_value as {{ side }}_value,
                {{ source }}.variance as {{ side }}_variance,
                {{ source }}.pre_value as {{ side }}_pre_value,
                {{ source }}.pre_variance as {{ side }}_pre_variance,
                {{ source }}.covariance as {{ side }}_covariance
                {{- "" if loop.last else "," }}
            {% endfor %}
        from numbered as treated
        inner join
            numbered as control
            on treated.experiment = control.experiment
            and treated.metric = control.metric
        inner join metrics on treated.metric = metrics.metric
        where control.variant_number = 0 and treated.variant_number > 0
    )

select *
from final
