-- One row per surface: the best of its measured alternatives, in the latest backtest,
-- all
-- its folds together. Read by `recsql report`.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    kept as ({{ latest_run(ref("eval_suggestions")) }}),

    final as (
        select
            surface,
            metric,
            k,
            list_name,
            min_orders,
            surface_value,
            gain,
            joint_low as low,
            joint_high as high,
            is_clear,
            alternative_count as alternatives
        from kept
    )

select *
from final
order by surface
