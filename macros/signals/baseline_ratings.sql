{#- baseline_ratings(pairs): the body of a CTE that adds mu + b_i + b_u to pairs of user_id and
    item_id, and their indexes; of an unknown user or item the bias is 0. The model imports
    rating_mean, rating_items and rating_users.
    baseline_ratings("rated")  ->  select rated.*, ... as baseline from rated ... -#}
{% macro baseline_ratings(pairs) %}
    select
        {{ pairs }}.*,
        rating_users.user_index,
        rating_items.item_index,
        rating_mean.mean_rating
        + coalesce(rating_items.item_bias, 0)
        + coalesce(rating_users.user_bias, 0) as baseline
    from {{ pairs }}
    cross join rating_mean
    left join rating_items on {{ pairs }}.item_id = rating_items.item_id
    left join rating_users on {{ pairs }}.user_id = rating_users.user_id
{% endmacro %}
