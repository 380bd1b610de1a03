-- One row per user with ratings: how much more kindly than others they rate.
-- b_u = sum of (rating - mu - b_i) / (rating_user_damping + ratings): Koren 2010, as
-- sig_rating_items.
{{ config(enabled=predicts_ratings() == "yes") }}
with
    ratings as (select * from {{ ref("int_ratings") }}),
    rating_mean as (select * from {{ ref("sig_rating_mean") }}),
    rating_items as (select * from {{ ref("sig_rating_items") }}),

    final as (
        select
            ratings.user_id,
            ratings.user_index,
            count(*) as rating_count,
            {{ ratio(stable_sum("ratings.rating"), "count(*)") }} as mean_rating,
            {{
                stable_sum(
                    "ratings.rating - rating_mean.mean_rating - rating_items.item_bias"
                )
            }} / ({{ var("rating_user_damping") | float }} + count(*)) as user_bias
        from ratings
        cross join rating_mean
        inner join rating_items on ratings.item_id = rating_items.item_id
        group by ratings.user_id, ratings.user_index
    )

select *
from final
