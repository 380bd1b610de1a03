-- One row per (experiment, user_id, metric): a user's numerator and denominator.
-- A variant's figure is sum(numerator) / sum(denominator); see seed experiment_metrics.
{{ config(enabled=var("experiments") | length > 0) }}
with
    periods as (select * from {{ ref("exp_user_periods") }}),
    orders as (select * from {{ ref("exp_user_orders") }}),
    exposures as (select * from {{ ref("exp_user_exposures") }}),

    totals as (
        select
            periods.experiment,
            periods.user_id,
            periods.variant,
            periods.period,
            {% for count in [
                "order_count",
                "line_count",
                "repeat_count",
                "item_count",
                "new_item_count",
                "amount",
            ] %}
                coalesce(orders.{{ count }}, 0) as {{ count }},
            {% endfor %}
            coalesce(exposures.exposure_count, 0) as exposure_count,
            coalesce(exposures.click_count, 0) as click_count
        from periods
        left join
            orders
            on periods.experiment = orders.experiment
            and periods.user_id = orders.user_id
            and periods.period = orders.period
        left join
            exposures
            on periods.experiment = exposures.experiment
            and periods.user_id = exposures.user_id
            and periods.period = exposures.period
    ),

    measured as (
        {% for metric in var("experiment_metrics") %}
            select
                experiment,
                user_id,
                variant,
                period,
                '{{ metric }}' as metric,
                {{ metric_parts(metric) }}
            from totals
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            during.experiment,
            during.user_id,
            during.metric,
            during.variant,
            during.numerator,
            during.denominator,
            earlier.numerator as pre_numerator,
            earlier.denominator as pre_denominator
        from measured as during
        inner join
            measured as earlier
            on during.experiment = earlier.experiment
            and during.user_id = earlier.user_id
            and during.metric = earlier.metric
            and earlier.period = 'before'
        where during.period = 'during'
    )

select *
from final
