-- One row per (user_index, item_index) rated: what the baseline does not explain.
-- residual = rating - (mu + b_i + b_u); deviation = rating - the user's mean.
{{ config(enabled=predicts_ratings(["item_knn"]) == "yes") }}
with
    ratings as (select * from {{ ref("int_ratings") }}),
    rating_mean as (select * from {{ ref("sig_rating_mean") }}),
    rating_items as (select * from {{ ref("sig_rating_items") }}),
    rating_users as (select * from {{ ref("sig_rating_users") }}),

    pairs as (select user_id, item_id, rating from ratings),

    based as (
        {{ baseline_ratings("pairs", "rating_mean", "rating_items", "rating_users") }}
    ),

    final as (
        select
            based.user_index,
            based.item_index,
            based.rating - rating_users.mean_rating as deviation,
            based.rating - based.baseline as residual
        from based
        inner join rating_users on based.user_id = rating_users.user_id
    )

select *
from final
