-- One row per (allow_repeat, metric, k, list_name, other_list_name, user_number): the
-- differences of a user, summed over the folds they are in; case_count says how many.
{{
    config(
        enabled=var("as_of") is not none and var("eval_compared_metrics") | length > 0
    )
}}
with
    differences as (select * from {{ ref("eval_differences") }}),
    segments as (select * from {{ ref("eval_segments") }} where segment_kind = 'all'),

    final as (
        select
            differences.allow_repeat,
            differences.metric,
            differences.k,
            differences.list_name,
            differences.other_list_name,
            segments.user_number,
            {{ stable_sum("differences.difference") }} as difference,
            cast(count(*) as double) as case_count
        from differences
        inner join
            segments
            on differences.user_id = segments.user_id
            and differences.fold = segments.fold
        group by
            differences.allow_repeat,
            differences.metric,
            differences.k,
            differences.list_name,
            differences.other_list_name,
            segments.user_number
    )

select *
from final
