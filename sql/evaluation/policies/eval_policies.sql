-- One row per (run_id, fold, list_name, allow_repeat, k, estimator): the clicks per
-- exposure that a list would have had, from exposures that others made.
-- ips = sum of weight * click / exposures (Horvitz and Thompson 1952); snips = the same
-- / sum of weights (Swaminathan and Joachims 2015): ratios of sums over users, +- 1.96
-- standard errors by the delta method, as a user's exposures hang together.
{{ config(enabled=has_propensities() == "yes") }}
{% set sums = "clicked_weight weight squared_weight exposure_count".split() %}
{% set sums = sums + ["click_count", "matched_count", "clipped_count"] %}
with
    parts as (select * from {{ ref("eval_policy_users") }}),

    -- a user of several folds is one case
    user_sums as (
        select
            {% for sum in sums -%} {{ stable_sum(sum) }} as {{ sum }}, {% endfor -%}
            list_name,
            allow_repeat,
            k,
            user_id
        from parts
        group by list_name, allow_repeat, k, user_id
    ),

    terms as (
        select
            user_sums.*,
            'ips' as estimator,
            clicked_weight as earned,
            cast(exposure_count as double) as spent
        from user_sums
        union all
        select user_sums.*, 'snips', clicked_weight, weight
        from user_sums
    ),

    summed as (
        select
            list_name,
            allow_repeat,
            k,
            estimator,
            {{ stable_sum("spent") }} as spent,
            {{ stable_sum("earned") }} as earned,
            {{ stable_sum("spent * spent") }} as spent_squares,
            {{ stable_sum("earned * earned") }} as earned_squares,
            {{ stable_sum("earned * spent") }} as products,
            {{ stable_sum("weight") }} as weight,
            {{ stable_sum("squared_weight") }} as squared_weight,
            cast(sum(exposure_count) as bigint) as exposure_count,
            cast(sum(click_count) as bigint) as click_count,
            cast(sum(matched_count) as bigint) as matched_count,
            cast(sum(clipped_count) as bigint) as clipped_count,
            count(*) as user_count
        from terms
        group by list_name, allow_repeat, k, estimator
    ),

    valued as (select *, earned / spent as policy_value from summed where spent > 0),

    measured as (
        select
            *,
            sqrt(
                {{ ratio("user_count", "user_count - 1") }} * greatest(
                    earned_squares
                    - 2 * policy_value * products
                    + policy_value * policy_value * spent_squares,
                    0
                )
            )
            / spent as standard_error
        from valued
    ),

    final as (
        select
            {{ text(var("eval_run")["run_id"] or invocation_id) }} as run_id,
            {{ fold_columns() }},
            list_name,
            allow_repeat,
            k,
            estimator,
            policy_value,
            policy_value - cast(1.96 as double) * standard_error as interval_low,
            policy_value + cast(1.96 as double) * standard_error as interval_high,
            {{ ratio("click_count", "exposure_count") }} as shown_value,
            exposure_count,
            matched_count,
            clipped_count,
            user_count,
            {{ ratio("weight", "exposure_count") }} as mean_weight,
            {{ ratio("weight * weight", "squared_weight") }} as effective_count,
            {{ as_timestamp(var("as_of")) }} as as_of,
            {{ as_timestamp(run_started_at) }} as generated_at
        from measured
    )

select *
from final
