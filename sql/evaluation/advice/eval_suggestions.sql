-- One row per (run_id, fold, surface): the best of its alternatives, and whether it is
-- clearly better than the surface.
-- gain = mean difference over users; the joint bounds (bootstrap of the same users for
-- all, max-t) hold for all alternatives of all surfaces at once, as the best is picked.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
{% set metric = (var("eval_compared_metrics") or [""])[0] %}
with
    alternatives as (select * from {{ ref("eval_alternatives") }}),
    definitions as (select * from {{ ref("metric_definitions") }}),

    summed as (
        select
            surface,
            list_name,
            min_orders,
            1 as family,
            cast(
                row_number() over (order by surface, list_name, min_orders) as integer
            ) as column_index,
            count(*) over (partition by surface) as alternative_count,
            count(*) as user_count,
            {{ ratio(stable_sum("surface_figure"), "sum(case_count)") }}
            as surface_value,
            {{ ratio(stable_sum("difference"), "sum(case_count)") }} as gain
        from alternatives
        group by surface, list_name, min_orders
    ),

    drawn as (
        select
            unnest(
                bootstrap_ratios(
                    list(summed.column_index),
                    list(alternatives.user_number),
                    list(alternatives.difference),
                    list(alternatives.case_count),
                    {
                        'resamples':{{ var("eval_resamples") | int }},
                        'seed':{{ var("eval_seed") | int }}
                    }
                )
            ) as bounds
        from alternatives
        inner join
            summed
            on alternatives.surface = summed.surface
            and alternatives.list_name = summed.list_name
            and alternatives.min_orders = summed.min_orders
        group by summed.family
    ),

    placed as (
        select
            *,
            row_number() over (
                partition by surface order by gain desc, min_orders, list_name
            ) as place
        from summed
    ),

    final as (
        select
            {{ text(var("eval_run")["run_id"] or invocation_id) }} as run_id,
            {{ fold_columns() }},
            {{ text(var("eval_truth")) }} as truth,
            placed.surface,
            definitions.metric,
            {{ var("eval_cutoffs") | min | int }} as k,
            placed.list_name,
            cast(placed.min_orders as integer) as min_orders,
            abs(placed.surface_value) as surface_value,
            placed.gain,
            drawn.bounds.joint_low as joint_low,
            drawn.bounds.joint_high as joint_high,
            drawn.bounds.joint_low > 0 as is_clear,
            placed.alternative_count,
            placed.user_count,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ as_timestamp(run_started_at) }} as generated_at
        from placed
        inner join drawn on placed.column_index = drawn.bounds.column_index
        cross join definitions
        where placed.place = 1 and definitions.metric = {{ text(metric) }}
    )

select *
from final
