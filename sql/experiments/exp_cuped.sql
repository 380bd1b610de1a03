-- One row per (experiment, variant, metric): the difference the past does not explain.
-- difference - theta * difference before; theta = covariance of both / variance before,
-- within variants. CUPED: Deng, Xu, Kohavi and Walker 2013.
{{ config(enabled=var("experiments") | length > 0) }}
with
    pairs as (select * from {{ ref("exp_variant_pairs") }}),

    explained as (
        select
            *,
            -- 0 where one of the variants has no figure before, or all users the same
            coalesce(
                {{
                    ratio(
                        "control_covariance * (control_users - 1)"
                        " + variant_covariance * (variant_users - 1)",
                        "control_pre_variance * (control_users - 1)"
                        " + variant_pre_variance * (variant_users - 1)",
                    )
                }},
                0
            ) as theta
        from pairs
    ),

    adjusted as (
        select
            *,
            variant_value
            - control_value
            - theta * coalesce(variant_pre_value - control_pre_value, 0) as difference,
            control_variance / control_users
            + variant_variance / variant_users as error_variance,
            {% for side in ["control", "variant"] %}
                (
                    {{ side }}_variance
                    - 2 * theta * coalesce({{ side }}_covariance, 0)
                    + theta * theta * coalesce({{ side }}_pre_variance, 0)
                )
                / {{ side }}_users as {{ side }}_error
                {{- "" if loop.last else "," }}
            {% endfor %}
        from explained
    ),

    final as (
        select
            experiment,
            variant,
            metric,
            theta,
            difference,
            sqrt(greatest(control_error + variant_error, 0)) as standard_error,
            1
            - {{ ratio("control_error + variant_error", "error_variance") }}
            as variance_reduction
        from adjusted
    )

select *
from final
