-- One row per (experiment, variant, metric): how likely such a difference is by chance.
-- Student's t where there are degrees of freedom, else the normal distribution.
{{ config(enabled=var("experiments") | length > 0) }}
{% set upper = "1 - cast(" ~ var("experiment_alpha") ~ " as double) / 2" %}
with
    comparisons as (select * from {{ ref("exp_comparisons") }}),
    cuped as (select * from {{ ref("exp_cuped") }}),

    final as (
        select
            comparisons.experiment,
            comparisons.variant,
            comparisons.metric,
            2 * coalesce(
                student_sf(abs(comparisons.statistic), comparisons.degrees_of_freedom),
                normal_sf(abs(comparisons.statistic))
            ) as p_value,
            coalesce(
                student_ppf({{ upper }}, comparisons.degrees_of_freedom),
                normal_ppf({{ upper }})
            )
            * comparisons.standard_error as half_width,
            2 * normal_sf(
                abs({{ ratio("cuped.difference", "cuped.standard_error") }})
            ) as cuped_p_value
        from comparisons
        inner join
            cuped
            on comparisons.experiment = cuped.experiment
            and comparisons.variant = cuped.variant
            and comparisons.metric = cuped.metric
    )

select *
from final
