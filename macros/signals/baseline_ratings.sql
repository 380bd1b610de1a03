{#- baseline_ratings(pairs, mean, items, users): the body of a CTE that adds mu + b_i + b_u to
    pairs of user_id and item_id, and their indexes; of an unknown user or item the bias is 0.
    The others are CTEs of sig_rating_mean, sig_rating_items and sig_rating_users.
    baseline_ratings("rated", "mean", "items", "users")  ->  select rated.*, ... as baseline from rated ... -#}
{% macro baseline_ratings(pairs, mean, items, users) %}
    select
        {{ pairs }}.*,
        {{ users }}.user_index,
        {{ items }}.item_index,
        {{ mean }}.mean_rating
        + coalesce({{ items }}.item_bias, 0)
        + coalesce({{ users }}.user_bias, 0) as baseline
    from {{ pairs }}
    cross join {{ mean }}
    left join {{ items }} on {{ pairs }}.item_id = {{ items }}.item_id
    left join {{ users }} on {{ pairs }}.user_id = {{ users }}.user_id
{% endmacro %}
