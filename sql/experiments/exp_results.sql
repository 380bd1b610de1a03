-- One row per (experiment, variant, metric): what a variant changed, and is it chance?
-- holm_p_value: Holm 1979, over all rows of the experiment.
{{ config(enabled=var("experiments") | length > 0) }}
with
    comparisons as (select * from {{ ref("exp_comparisons") }}),
    tests as (select * from {{ ref("exp_tests") }}),
    sequential as (select * from {{ ref("exp_sequential") }}),
    cuped as (select * from {{ ref("exp_cuped") }}),

    placed as (
        select
            *,
            count(p_value) over (partition by experiment) as test_count,
            row_number() over (
                partition by experiment order by p_value nulls last, metric, variant
            ) as p_rank
        from tests
    ),

    corrected as (
        select
            *,
            case
                when p_value is not null
                then
                    least(
                        max(p_value * (test_count - p_rank + 1)) over (
                            partition by experiment order by p_rank
                        ),
                        1
                    )
            end as holm_p_value
        from placed
    ),

    final as (
        select
            comparisons.experiment,
            comparisons.variant,
            comparisons.metric,
            comparisons.control_variant,
            comparisons.method,
            comparisons.control_users,
            comparisons.variant_users,
            comparisons.control_value,
            comparisons.variant_value,
            comparisons.difference,
            comparisons.relative_lift,
            comparisons.standard_error,
            comparisons.difference - corrected.half_width as interval_low,
            comparisons.difference + corrected.half_width as interval_high,
            comparisons.statistic,
            comparisons.degrees_of_freedom,
            corrected.p_value,
            corrected.holm_p_value,
            corrected.holm_p_value
            < cast({{ var("experiment_alpha") }} as double) as is_significant,
            sequential.p_value as sequential_p_value,
            comparisons.difference - sequential.half_width as sequential_low,
            comparisons.difference + sequential.half_width as sequential_high,
            cuped.difference as cuped_difference,
            cuped.standard_error as cuped_standard_error,
            corrected.cuped_p_value,
            cuped.variance_reduction,
            {{ run_stamp() }}
        from comparisons
        {% for other in ["corrected", "sequential", "cuped"] %}
            inner join
                {{ other }}
                on comparisons.experiment = {{ other }}.experiment
                and comparisons.variant = {{ other }}.variant
                and comparisons.metric = {{ other }}.metric
        {% endfor %}
    )

select *
from final
