-- One row per (list_name, allow_repeat, user_id, k): do a list's categories suit a
-- user? calibration = sum over categories of p * ln(p / (0.99 q + 0.01 p)), p their
-- shares of the user's weights and q of the list: Steck 2018. Where q is 0: p * ln(1
-- / 0.01).
{% set metrics = ["unexpectedness", "calibration"] %}
{{
    config(
        enabled=var("as_of") is not none
        and var("eval_metrics") | select("in", metrics) | list | length > 0
    )
}}
with
    shown as (select * from {{ ref("eval_shown_items") }}),
    user_categories as (select * from {{ ref("eval_user_categories") }}),

    users as (
        select user_id
        from user_categories
        where weight_share is not null
        group by user_id
    ),

    counted as (
        select list_name, allow_repeat, user_id, k, category, count(*) as item_count
        from shown
        group by list_name, allow_repeat, user_id, k, category
    ),

    compared as (
        select
            counted.*,
            user_categories.user_id is null as is_unexpected,
            coalesce(user_categories.weight_share, 0) as p,
            {{
                ratio(
                    "counted.item_count",
                    "sum(counted.item_count) over (partition by counted.list_name, "
                    ~ "counted.allow_repeat, counted.user_id, counted.k)",
                )
            }} as q
        from counted
        left join
            user_categories
            on counted.user_id = user_categories.user_id
            and counted.category = user_categories.category
    ),

    summed as (
        select
            list_name,
            allow_repeat,
            user_id,
            k,
            {{ stable_sum("case when is_unexpected then q else 0 end") }}
            as unexpectedness,
            {{ stable_sum("p") }} as listed_p,
            {{
                stable_sum(
                    "case when p > 0 then p * ln(p / (0.99 * q + 0.01 * p)) else 0 end"
                )
            }} as divergence
        from compared
        group by list_name, allow_repeat, user_id, k
    ),

    final as (
        select
            summed.list_name,
            summed.allow_repeat,
            summed.user_id,
            summed.k,
            summed.unexpectedness,
            -- nothing is known of a user without a history
            case
                when users.user_id is not null
                then summed.divergence + (1 - summed.listed_p) * ln(100)
            end as calibration
        from summed
        left join users on summed.user_id = users.user_id
    )

select *
from final
