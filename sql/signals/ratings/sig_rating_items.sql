-- One row per rated item: how much better than others it is rated.
-- b_i = sum of (rating - mu) / (rating_item_damping + ratings): Koren 2010, Factor in
-- the neighbors, ACM TKDD 4(1), section 2.1.
{{ config(enabled=predicts_ratings() == "yes") }}
with
    ratings as (select * from {{ ref("int_ratings") }}),
    rating_mean as (select * from {{ ref("sig_rating_mean") }}),

    final as (
        select
            ratings.item_id,
            ratings.item_index,
            count(*) as rating_count,
            {{ stable_sum("ratings.rating - rating_mean.mean_rating") }}
            / ({{ var("rating_item_damping") | float }} + count(*)) as item_bias
        from ratings
        cross join rating_mean
        group by ratings.item_id, ratings.item_index
    )

select *
from final
