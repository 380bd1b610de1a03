{#- latest_first(user_items): the body of a CTE that numbers the items each user likes from the latest on.
    user_items: rows of int_user_items.
    latest_first("user_items")  ->  select user_id, item_index, weight, row_number() over (...) ... -#}
{% macro latest_first(user_items) %}
    select
        user_id,
        item_index,
        weight,
        row_number() over (
            partition by user_id order by last_at desc, weight desc, item_index
        ) as recency_rank
    from {{ user_items }}
    where weight > 0
{% endmacro %}
