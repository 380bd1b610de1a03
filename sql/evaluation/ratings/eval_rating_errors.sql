-- One row per (fold, list_name, allow_repeat, user_id, k): how far predicted ratings
-- are off.
-- rmse = sqrt(mean squared error), mae = mean absolute error, of the user's own pairs;
-- k = 0, as no list is cut.
{{ config(enabled=measures_ratings() == "yes") }}
with
    ratings as (select * from {{ ref("eval_ratings") }}),

    summed as (
        select
            list_name,
            user_id,
            count(*) as rating_count,
            {{
                stable_sum(
                    "(predicted_rating - rating) * (predicted_rating - rating)"
                )
            }} as squared_sum,
            {{ stable_sum("abs(predicted_rating - rating)") }} as absolute_sum
        from ratings
        group by list_name, user_id
    ),

    final as (
        select
            {{ var("eval_run")["fold"] or 0 }} as fold,
            list_name,
            'all' as allow_repeat,
            user_id,
            0 as k,
            rating_count,
            squared_sum,
            absolute_sum,
            sqrt({{ ratio("squared_sum", "rating_count") }}) as rmse,
            {{ ratio("absolute_sum", "rating_count") }} as mae
        from summed
    )

select *
from final
