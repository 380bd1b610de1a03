-- One row per (experiment, user_id, period) with orders: what the user bought.
{{ config(enabled=var("experiments") | length > 0) }}
with
    periods as (select * from {{ ref("exp_user_periods") }}),
    lines as (select * from {{ ref("exp_lines") }}),

    final as (
        select
            periods.experiment,
            periods.user_id,
            periods.period,
            {{ purchase_metrics("periods.from_at") }}
        from periods
        inner join lines on periods.user_id = lines.user_id
        where
            lines.event_at >= periods.from_at
            and (periods.until_at is null or lines.event_at < periods.until_at)
        group by periods.experiment, periods.user_id, periods.period
    )

select *
from final
