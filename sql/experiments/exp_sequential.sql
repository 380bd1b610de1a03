-- One row per (experiment, variant, metric): a p-value that holds at every look.
-- Effects drawn from a normal distribution against none: mixture sequential probability
-- ratio test, Johari, Koomen, Pekelis and Walsh 2022.
{{ config(enabled=var("experiments") | length > 0) }}
with
    comparisons as (select * from {{ ref("exp_comparisons") }}),

    weighed as (
        select
            *,
            {{ ratio("difference", "standard_error") }} as z,
            -- variance of effects, in parts of the variance of the estimate
            cast({{ var("sequential_mixture_variance") }} as double) / (
                1 / cast(control_users as double) + 1 / cast(variant_users as double)
            ) as mixture
        from comparisons
    ),

    final as (
        select
            experiment,
            variant,
            metric,
            case
                when z is not null
                then
                    least(
                        sqrt(1 + mixture) * exp(- z * z / 2 * mixture / (1 + mixture)),
                        1
                    )
            end as p_value,
            standard_error * sqrt(
                (1 + mixture)
                / mixture
                * (
                    ln(1 + mixture)
                    - 2 * ln(cast({{ var("experiment_alpha") }} as double))
                )
            ) as half_width
        from weighed
    )

select *
from final
