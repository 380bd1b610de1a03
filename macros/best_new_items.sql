{#- best_new_items(placed): the body of a CTE with the best new items by inner product of
    each user in the CTE `placed`, from one call over the catalogue. The model names the
    pairs that users know `known`, and imports user_factors, item_factors and what
    eligibility reads.
    best_new_items("known")  ->  select unnest(top_items(...), recursive := true) from ... -#}
{% macro best_new_items(placed) %}
    select
        unnest(
            top_items(
                list(user_index order by user_index),
                list(factors order by user_index),
                (select list(factors order by item_index) from item_factors),
                (
                    select
                        {'user_index':list(user_index), 'item_index':list(item_index)}
                    from known
                ),
                {{ eligibility() }},
                {{ var("candidates_per_user") | int }}
            ),
            recursive := true
        )
    from user_factors
    where user_index in (select user_index from {{ placed }})
{% endmacro %}
