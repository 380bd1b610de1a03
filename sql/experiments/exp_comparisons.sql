-- One row per (experiment, variant, metric): a variant's difference and statistic.
-- Two-proportion z (pooled), Welch 1947 t for means, delta method for ratios.
{{ config(enabled=var("experiments") | length > 0) }}
with
    pairs as (select * from {{ ref("exp_variant_pairs") }}),

    spread as (
        select
            *,
            variant_value - control_value as difference,
            case
                when kind = 'proportion'
                then control_value * (1 - control_value)
                else control_variance
            end
            / control_users as control_error,
            case
                when kind = 'proportion'
                then variant_value * (1 - variant_value)
                else variant_variance
            end
            / variant_users as variant_error,
            (control_users * control_value + variant_users * variant_value)
            / (control_users + variant_users) as pooled_value
        from pairs
    ),

    compared as (
        select
            *,
            control_error + variant_error as error_variance,
            case
                when kind = 'proportion'
                then
                    pooled_value
                    * (1 - pooled_value)
                    * (1 / control_users + 1 / variant_users)
                else control_error + variant_error
            end as null_variance,
            case
                when kind = 'mean'
                then
                    pow(control_error + variant_error, 2) / nullif(
                        control_error * control_error / nullif(control_users - 1, 0)
                        + variant_error * variant_error / nullif(variant_users - 1, 0),
                        0
                    )
            end as degrees_of_freedom
        from spread
    ),

    final as (
        select
            experiment,
            variant,
            metric,
            control_variant,
            case
                kind
                when 'proportion'
                then 'two-proportion z'
                when 'mean'
                then 'Welch t'
                else 'delta method z'
            end as method,
            cast(control_users as bigint) as control_users,
            cast(variant_users as bigint) as variant_users,
            control_value,
            variant_value,
            difference,
            {{ ratio("difference", "abs(control_value)") }} as relative_lift,
            sqrt(error_variance) as standard_error,
            {{ ratio("difference", "sqrt(null_variance)") }} as statistic,
            degrees_of_freedom
        from compared
    )

select *
from final
