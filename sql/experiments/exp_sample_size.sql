-- One row per planned test of var sample_sizes: the users it needs, or what they find.
-- users of a variant = z_square * (control's variance * variant_share / control_share
-- + its own) / difference^2 or, without uplift, solved for that. Fleiss et al. 2003, 4.
{{ config(enabled=var("sample_sizes") | length > 0) }}
{% set total = "(control_users + users_per_variant * (variant_count - 1))" %}
with
    plans as (select * from {{ ref("exp_sample_plans") }}),

    varied as (
        select
            *,
            case
                when kind = 'proportion'
                then baseline * (1 - baseline)
                else standard_deviation * standard_deviation
            end as control_variance,
            z_square / (user_limit * variant_share) as variant_noise,
            z_square / (user_limit * control_share) as control_noise
        from plans
    ),

    -- of a proportion the variance of the variant grows with the difference: a square
    solved as (
        select
            *,
            case
                when given_uplift is not null
                then baseline * given_uplift
                when kind = 'proportion'
                then
                    (
                        variant_noise * (1 - 2 * baseline) + sqrt(
                            power(variant_noise * (1 - 2 * baseline), 2)
                            + 4
                            * (1 + variant_noise)
                            * (variant_noise + control_noise)
                            * control_variance
                        )
                    )
                    / (2 * (1 + variant_noise))
                else sqrt((variant_noise + control_noise) * control_variance)
            end as difference
        from varied
    ),

    sized as (
        select
            *,
            z_square * (
                control_variance * variant_share / control_share + case
                    when kind = 'proportion'
                    then (baseline + difference) * (1 - baseline - difference)
                    else control_variance
                end
            )
            / nullif(difference * difference, 0) as needed
        from solved
    ),

    rounded as (
        select
            *
            {% for column, share in (
                ("control_users", "control_share"),
                ("users_per_variant", "variant_share"),
            ) %}
                ,
                cast(
                    case
                        when given_uplift is null
                        then floor(user_limit * {{ share }})
                        else ceil(needed * ({{ share }} / variant_share))
                    end as bigint
                ) as {{ column }}
            {% endfor %}
        from sized
    ),

    final as (
        select
            name,
            kind,
            metric,
            baseline,
            coalesce(given_uplift, {{ ratio("difference", "baseline") }}) as uplift,
            standard_deviation,
            alpha,
            power,
            variant_count,
            difference,
            control_users,
            users_per_variant,
            {{ total }} as total_users,
            cast(ceil({{ total }} / users_per_day) as bigint) as days,
            {{ run_stamp() }}
        from rounded
    )

select *
from final
