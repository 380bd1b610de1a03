-- One row per (experiment, user_id, period) with orders: what the user bought.
-- A line repeats where the item was bought earlier; an item is new where never before.
{{ config(enabled=var("experiments") | length > 0) }}
with
    periods as (select * from {{ ref("exp_user_periods") }}),
    lines as (select * from {{ ref("exp_lines") }}),

    final as (
        select
            periods.experiment,
            periods.user_id,
            periods.period,
            count(distinct lines.basket_id) as order_count,
            count(*) as line_count,
            count(*) filter (where lines.event_at > lines.first_at) as repeat_count,
            count(distinct lines.item_id) as item_count,
            count(
                distinct case
                    when lines.first_at >= periods.from_at then lines.item_id
                end
            ) as new_item_count,
            coalesce({{ stable_sum("lines.amount") }}, 0) as amount
        from periods
        inner join lines on periods.user_id = lines.user_id
        where
            lines.event_at >= periods.from_at
            and (periods.until_at is null or lines.event_at < periods.until_at)
        group by periods.experiment, periods.user_id, periods.period
    )

select *
from final
