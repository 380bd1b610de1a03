{#- best_linear(weights, max_items): the body of a CTE with each user's best items by a
    square matrix of item weights, a row per item in `item_weights`; the model has
    user_items and what macro eligibility reads.
    best_linear("decayed", 4000)  ->  select user_index, item_index, score,
    reason_index from (select unnest(linear_top(list(user_index), ... -#}
{% macro best_linear(weights, max_items) %}
    select user_index, item_index, score, reason_index
    from
        (
            select
                unnest(
                    linear_top(
                        list(user_index),
                        list(item_index),
                        list({{ cell_weight(weights) }}),
                        list({{ familiarity() }}),
                        (
                            select list(item_weights order by item_index)
                            from item_weights
                        ),
                        {{ eligibility() }},
                        {{ var("candidates_per_user") | int }}
                    ),
                    recursive := true
                )
            from user_items
            where is_eligible and item_index < {{ max_items | int }}
        ) as best
{% endmacro %}
