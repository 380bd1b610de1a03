-- One row per (run_id, fold, allow_repeat, metric, k, list_name, other_list_name):
-- from how
-- many orders on a user should get list_name, and before that other_list_name.
-- min_orders = the bound of eval_order_bounds from which on list_name adds most in sum.
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_compared_metrics") | length > 0,
    )
}}
with
    differences as (select * from {{ ref("eval_differences") }}),
    segments as (select * from {{ ref("eval_segments") }} where segment_kind = 'all'),

    bounds as (select unnest({{ var("eval_order_bounds") }}) as min_orders),

    both_ways as (
        select
            fold,
            allow_repeat,
            metric,
            k,
            list_name,
            other_list_name,
            user_id,
            difference
        from differences
        union all
        select
            fold,
            allow_repeat,
            metric,
            k,
            other_list_name,
            list_name,
            user_id,
            - difference
        from differences
    ),

    summed as (
        select
            both_ways.allow_repeat,
            both_ways.metric,
            both_ways.k,
            both_ways.list_name,
            both_ways.other_list_name,
            bounds.min_orders,
            count(distinct segments.user_number) as user_count,
            count(*) as case_count,
            {{ stable_sum("both_ways.difference") }} as gain
        from both_ways
        inner join
            segments
            on both_ways.user_id = segments.user_id
            and both_ways.fold = segments.fold
        inner join bounds on segments.order_count >= bounds.min_orders
        group by
            both_ways.allow_repeat,
            both_ways.metric,
            both_ways.k,
            both_ways.list_name,
            both_ways.other_list_name,
            bounds.min_orders
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by allow_repeat, metric, k, list_name, other_list_name
                order by gain desc, min_orders
            ) as place
        from summed
    ),

    final as (
        select
            {{ text(var("eval_run")["run_id"] or invocation_id) }} as run_id,
            {{ fold_columns() }},
            {{ text(var("eval_truth")) }} as truth,
            allow_repeat,
            metric,
            k,
            list_name,
            other_list_name,
            -- null where the other list is the better one for everyone
            case when gain > 0 then min_orders end as min_orders,
            user_count,
            {{ ratio("gain", "case_count") }} as mean_gain,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ as_timestamp(run_started_at) }} as generated_at
        from ranked
        where place = 1
    )

select *
from final
