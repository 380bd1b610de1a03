-- One row per metric that var sample_sizes names: its figure and how users vary, of who
-- was a user before the last sample_size_days days, in these days.
-- standard_deviation = that of (numerator - baseline * denominator) / mean denominator:
-- the delta method, Deng, Knoblich and Lu 2018.
{% set metrics = (
    var("sample_sizes")
    | selectattr("metric", "defined")
    | selectattr("metric")
    | map(attribute="metric")
    | unique
    | list
) %}
{{ config(enabled=metrics | length > 0) }}
{% set days = "interval '" ~ (var("sample_size_days") | int) ~ "' day" %}
with
    events as (select * from {{ ref("int_events") }}),
    lines as (select * from {{ ref("exp_lines") }}),
    since as (
        select reference_at - {{ days }} as from_at from {{ ref("int_reference_time") }}
    ),

    known as (
        select events.user_id
        from events
        cross join since
        where events.user_id is not null and events.event_at < since.from_at
        group by events.user_id
    ),

    totals as (
        select known.user_id, {{ purchase_metrics("since.from_at") }}
        from known
        cross join since
        left join
            lines on known.user_id = lines.user_id and lines.event_at >= since.from_at
        group by known.user_id
    ),

    measured as (
        {% for metric in metrics %}
            select {{ text(metric) }} as metric, {{ metric_parts(metric) }}
            from totals
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    valued as (
        select
            metric,
            count(*) as user_count,
            {{ ratio(stable_sum("numerator"), stable_sum("denominator")) }} as baseline,
            {{ ratio(stable_sum("denominator"), "count(*)") }} as mean_denominator
        from measured
        group by metric
    ),

    -- deviations are taken in parts of the figure, so that their squares stay small
    deviating as (
        select
            valued.*,
            coalesce(nullif(abs(valued.baseline), 0), 1) as unit,
            (measured.numerator - valued.baseline * measured.denominator)
            / valued.mean_denominator
            / coalesce(nullif(abs(valued.baseline), 0), 1) as deviation
        from measured
        inner join valued on measured.metric = valued.metric
    ),

    final as (
        select
            metric,
            user_count,
            baseline,
            unit * sqrt(
                {{ stable_sum("deviation * deviation") }} / nullif(user_count - 1, 0)
            ) as standard_deviation
        from deviating
        group by metric, user_count, baseline, unit
    )

select *
from final
