-- One row per planned test of var sample_sizes: how many users it needs.
-- users = (z(1 - alpha / 2) + z(power))^2 * (variance of the control + of the variant)
-- / difference^2. Fleiss, Levin and Paik 2003, chapter 4, without correction.
{{ config(enabled=var("sample_sizes") | length > 0) }}
with
    planned as (
        {% for size in var("sample_sizes") %}
            select
                {{ text(size["name"]) }} as name,
                {{ text(size["kind"]) }} as kind,
                cast({{ size["baseline"] }} as double) as baseline,
                cast({{ size["uplift"] }} as double) as uplift,
                cast(
                    {{ size.get("standard_deviation") or "null" }} as double
                ) as standard_deviation,
                cast({{ size.get("alpha", 0.05) }} as double) as alpha,
                cast({{ size.get("power", 0.8) }} as double) as power,
                {{ size.get("variants", 2) | int }} as variant_count,
                cast(
                    {{ size.get("users_per_day") or "null" }} as double
                ) as users_per_day
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    varied as (
        select
            *,
            baseline * uplift as difference,
            case
                when kind = 'proportion'
                then
                    baseline * (1 - baseline)
                    + baseline * (1 + uplift) * (1 - baseline * (1 + uplift))
                else 2 * standard_deviation * standard_deviation
            end as variance,
            -- Bonferroni, where several variants are compared with one control
            normal_ppf(1 - alpha / 2 / (variant_count - 1)) + normal_ppf(power) as z_sum
        from planned
    ),

    sized as (
        select
            *,
            cast(
                ceil(z_sum * z_sum * variance / (difference * difference)) as bigint
            ) as users_per_variant
        from varied
    ),

    final as (
        select
            name,
            kind,
            baseline,
            uplift,
            standard_deviation,
            alpha,
            power,
            variant_count,
            difference,
            users_per_variant,
            users_per_variant * variant_count as total_users,
            cast(
                ceil(users_per_variant * variant_count / users_per_day) as bigint
            ) as days
        from sized
    )

select *
from final
