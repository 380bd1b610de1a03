-- One row per (experiment, user_id, period) with exposures: what was seen and clicked.
{{ config(enabled=var("experiments") | length > 0) }}
with
    periods as (select * from {{ ref("exp_user_periods") }}),
    exposures as (select * from {{ ref("exp_exposures") }}),

    final as (
        select
            periods.experiment,
            periods.user_id,
            periods.period,
            count(*) as exposure_count,
            count(*) filter (where exposures.is_clicked) as click_count,
            count(*) filter (
                where exposures.shown_variant <> periods.variant
            ) as other_variant_count
        from periods
        inner join
            exposures
            on periods.experiment = exposures.experiment
            and periods.user_id = exposures.user_id
        where
            exposures.shown_at >= periods.from_at
            and (periods.until_at is null or exposures.shown_at < periods.until_at)
        group by periods.experiment, periods.user_id, periods.period
    )

select *
from final
