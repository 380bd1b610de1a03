-- One row per (list_name, allow_repeat, k, user_id) with exposures: what the list would
-- have earned of the clicks that were logged; sums of weights, 0 where nothing matches.
{{ config(enabled=has_propensities() == "yes") }}
with
    exposures as (select * from {{ ref("eval_exposures") }}),
    weights as (select * from {{ ref("eval_policy_weights") }}),

    shown as (
        select
            user_id,
            count(*) as exposure_count,
            count(case when is_clicked then 1 end) as click_count
        from exposures
        group by user_id
    ),

    policies as (
        select list_name, allow_repeat, k
        from weights
        group by list_name, allow_repeat, k
    ),

    summed as (
        select
            list_name,
            allow_repeat,
            k,
            user_id,
            count(*) as matched_count,
            count(case when weight < full_weight then 1 end) as clipped_count,
            {{ stable_sum("weight") }} as weight,
            {{ stable_sum("weight * weight") }} as squared_weight,
            {{ stable_sum("case when is_clicked then weight else 0 end") }}
            as clicked_weight
        from weights
        group by list_name, allow_repeat, k, user_id
    ),

    final as (
        select
            policies.list_name,
            policies.allow_repeat,
            policies.k,
            shown.user_id,
            shown.exposure_count,
            shown.click_count,
            coalesce(summed.matched_count, 0) as matched_count,
            coalesce(summed.clipped_count, 0) as clipped_count,
            coalesce(summed.weight, 0) as weight,
            coalesce(summed.squared_weight, 0) as squared_weight,
            coalesce(summed.clicked_weight, 0) as clicked_weight
        from policies
        cross join shown
        left join
            summed
            on policies.list_name = summed.list_name
            and policies.allow_repeat = summed.allow_repeat
            and policies.k = summed.k
            and shown.user_id = summed.user_id
    )

select *
from final
