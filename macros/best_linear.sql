{#- best_linear(source, user_items, fitted): the body of a CTE with each user's best items by
    a source of linear_sources; `fitted` is sig_linear_weights. The model has what macro
    eligibility reads.
    best_linear("ease", "user_items", "item_weights")  ->  select user_index, item_index,
    score, reason_index from (select unnest(linear_top(list(user_index), ... -#}
{% macro best_linear(source, user_items, fitted) %}
    select user_index, item_index, score, reason_index
    from
        (
            select
                unnest(
                    {{ linear_kind(source) }}_top(
                        list(user_index),
                        list(item_index),
                        list({{ cell_weight(var(source ~ "_weights")) }}),
                        list({{ familiarity() }}),
                        {{ linear_weights(source, fitted) }},
                        {{ eligibility() }},
                        {{ var("candidates_per_user") | int }}
                    ),
                    recursive := true
                )
            from {{ user_items }}
            where {{ linear_cells(source, fitted) }}
        ) as best
{% endmacro %}
