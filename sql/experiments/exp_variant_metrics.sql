-- One row per (experiment, variant, metric): a variant's figure and how users vary.
-- deviation = (numerator - figure * denominator) / mean denominator: the delta method,
-- Deng, Knoblich and Lu 2018. With a denominator of 1 it is that from the mean.
{{ config(enabled=var("experiments") | length > 0) }}
with
    user_metrics as (select * from {{ ref("exp_user_metrics") }}),

    summed as (
        select
            experiment,
            variant,
            metric,
            count(*) as user_count,
            {{ stable_sum("numerator") }} as numerator_sum,
            {{ stable_sum("denominator") }} as denominator_sum,
            {{ stable_sum("pre_numerator") }} as pre_numerator_sum,
            {{ stable_sum("pre_denominator") }} as pre_denominator_sum
        from user_metrics
        group by experiment, variant, metric
    ),

    valued as (
        select
            *,
            {{ ratio("numerator_sum", "denominator_sum") }} as metric_value,
            {{ ratio("pre_numerator_sum", "pre_denominator_sum") }} as pre_value
        from summed
    ),

    -- deviations are taken in parts of the figure, so that their squares stay small
    scaled as (
        select
            *,
            coalesce(nullif(abs(metric_value), 0), 1) as unit,
            coalesce(nullif(abs(pre_value), 0), 1) as pre_unit
        from valued
    ),

    deviating as (
        select
            scaled.*,
            (user_metrics.numerator - scaled.metric_value * user_metrics.denominator)
            * {{ ratio("scaled.user_count", "scaled.denominator_sum") }}
            / scaled.unit as deviation,
            (
                user_metrics.pre_numerator
                - scaled.pre_value * user_metrics.pre_denominator
            )
            * {{ ratio("scaled.user_count", "scaled.pre_denominator_sum") }}
            / scaled.pre_unit as pre_deviation
        from user_metrics
        inner join
            scaled
            on user_metrics.experiment = scaled.experiment
            and user_metrics.variant = scaled.variant
            and user_metrics.metric = scaled.metric
    ),

    final as (
        select
            experiment,
            variant,
            metric,
            user_count,
            metric_value,
            pre_value,
            unit
            * unit
            * {{ stable_sum("deviation * deviation") }}
            / nullif(user_count - 1, 0) as variance,
            pre_unit
            * pre_unit
            * {{ stable_sum("pre_deviation * pre_deviation") }}
            / nullif(user_count - 1, 0) as pre_variance,
            unit
            * pre_unit
            * {{ stable_sum("deviation * pre_deviation") }}
            / nullif(user_count - 1, 0) as covariance
        from deviating
        group by
            experiment,
            variant,
            metric,
            user_count,
            metric_value,
            pre_value,
            unit,
            pre_unit
    )

select *
from final
