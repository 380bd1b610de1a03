-- One row per planned test of var sample_sizes: what it says, and what is measured
-- for it.
-- z_square = (z(1 - alpha / 2) + z(power))^2; shares are of all users of the test.
{{ config(enabled=var("sample_sizes") | length > 0) }}
{% set measured = (
    var("sample_sizes")
    | selectattr("metric", "defined")
    | selectattr("metric")
    | list
    | length
    > 0
) %}
with
    {% if measured %}
        baselines as (select * from {{ ref("exp_baselines") }}),
    {% endif %}

    planned as (
        {% for size in var("sample_sizes") %}
            {% set variants = size.get("variants") or 2 %}
            {% set per_day = size.get("users_per_day") %}
            {% set users = size.get("users") or (size.get("days") or 0) * (
                per_day or 0
            ) %}
            {% set control = size.get("control_share") %}
            {% set treated = (1 - (control or 0)) / (variants - 1) %}
            select
                {{ text(size["name"]) }} as name,
                {{ text(size["kind"]) }} as kind,
                cast({{ text_or_null(size.get("metric")) }} as varchar) as metric,
                {{ variants }} as variant_count
                {% for column, given in {
                    "given_baseline": size.get("baseline"),
                    "given_uplift": size.get("uplift"),
                    "given_deviation": size.get("standard_deviation"),
                    "alpha": size.get("alpha") or 0.05,
                    "power": size.get("power") or 0.8,
                    "control_share": control or 1 / variants,
                    "variant_share": treated if control else 1 / variants,
                    "user_limit": users or none,
                    "users_per_day": per_day,
                }.items() %}
                    ,
                    cast(
                        {{ "null" if given is none else given }} as double
                    ) as {{ column }}
                {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            planned.name,
            planned.kind,
            planned.metric,
            planned.variant_count,
            planned.given_uplift,
            planned.alpha,
            planned.power,
            planned.control_share,
            planned.variant_share,
            planned.user_limit,
            planned.users_per_day,
            {% if measured %}
                coalesce(planned.given_baseline, baselines.baseline) as baseline,
                case
                    when planned.kind <> 'proportion'
                    then coalesce(planned.given_deviation, baselines.standard_deviation)
                end as standard_deviation,
            {% else %}
                planned.given_baseline as baseline,
                planned.given_deviation as standard_deviation,
            {% endif %}
            -- Bonferroni, where several variants are compared with one control
            power(
                normal_ppf(1 - planned.alpha / 2 / (planned.variant_count - 1))
                + normal_ppf(planned.power),
                2
            ) as z_square
        from planned
        {% if measured %}
            left join baselines on planned.metric = baselines.metric
        {% endif %}
    )

select *
from final
