{#- latest_first(): the body of a CTE that numbers the items each user likes from the latest on.
    The model imports int_user_items as user_items.
    latest_first()  ->  select user_id, item_index, weight, row_number() over (...) ... -#}
{% macro latest_first() %}
    select
        user_id,
        item_index,
        weight,
        row_number() over (
            partition by user_id order by last_at desc, weight desc, item_index
        ) as recency_rank
    from user_items
    where weight > 0
{% endmacro %}
