-- One row per (run_id, fold, allow_repeat, metric, k, list_name, other_list_name):
-- which of
-- two lists is better, and is it chance? holm_p_value: Holm 1979 over all pairs of
-- lists. more_users: to find this difference in 80 % of all holdouts at the level that
-- Holm asks of the pair, (z(level / 2) + z(0.8))^2 * variance / difference^2 - users.
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_compared_metrics") | length > 0,
    )
}}
with
    differences as (select * from {{ ref("eval_mean_differences") }}),
    signed_ranks as (select * from {{ ref("eval_signed_ranks") }}),

    -- where no user's figures differ there is nothing to test
    tested as (
        select
            differences.*,
            signed_ranks.statistic,
            coalesce(2 * normal_sf(abs(signed_ranks.statistic)), 1) as wilcoxon_p_value
        from differences
        left join
            signed_ranks
            on differences.allow_repeat = signed_ranks.allow_repeat
            and differences.metric = signed_ranks.metric
            and differences.k = signed_ranks.k
            and differences.list_name = signed_ranks.list_name
            and differences.other_list_name = signed_ranks.other_list_name
    ),

    placed as (
        select
            *,
            count(*) over (partition by allow_repeat, metric, k) as pair_count,
            row_number() over (
                partition by allow_repeat, metric, k
                order by wilcoxon_p_value, list_name, other_list_name
            ) as place
        from tested
    ),

    corrected as (
        select
            *,
            least(
                max(wilcoxon_p_value * (pair_count - place + 1)) over (
                    partition by allow_repeat, metric, k order by place
                ),
                1
            ) as holm_p_value,
            {{
                ratio(
                    "power(normal_ppf(1 - 0.025 / (pair_count - place + 1)) "
                    ~ "+ normal_ppf(0.8), 2) * variance",
                    "difference * difference",
                )
            }} as needed_users
        from placed
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
            user_count,
            difference,
            interval_low,
            interval_high,
            joint_low,
            joint_high,
            p_value as bootstrap_p_value,
            statistic as wilcoxon_statistic,
            wilcoxon_p_value,
            holm_p_value,
            holm_p_value < 0.05 as is_significant,
            cast(
                case
                    when needed_users <= user_count
                    then 0
                    -- more: the difference is one of rounding
                    when needed_users < 1e15
                    then ceil(needed_users) - user_count
                end as bigint
            ) as more_users,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ as_timestamp(run_started_at) }} as generated_at
        from corrected
    )

select *
from final
