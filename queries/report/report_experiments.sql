-- One row per experiment, variant and metric: what the variant changed. Read by
-- `recsql report`.
{{ config(enabled=var("experiments") | length > 0) }}
with
    results as (select * from {{ ref("exp_results") }}),

    final as (
        select
            experiment,
            variant,
            control_variant,
            metric,
            method,
            control_users,
            variant_users,
            control_value,
            variant_value,
            relative_lift,
            {{ ratio("interval_low", "abs(control_value)") }} as lift_low,
            {{ ratio("interval_high", "abs(control_value)") }} as lift_high,
            p_value,
            holm_p_value,
            is_significant,
            sequential_p_value,
            cuped_p_value,
            variance_reduction
        from results
    )

select *
from final
order by experiment, variant, metric
