-- One row: the mean of all ratings, mu of the baseline mu + b_i + b_u (Koren 2010).
{{ config(enabled=predicts_ratings() == "yes") }}
with
    ratings as (select * from {{ ref("int_ratings") }}),

    final as (
        select
            {{ ratio(stable_sum("rating"), "count(*)") }} as mean_rating,
            count(*) as rating_count
        from ratings
    )

select *
from final
