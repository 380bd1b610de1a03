{#- late_users(): the body of a CTE with the users who have events since fold_in_after. The
    model imports int_user_items as user_items.
    late_users()  ->  select user_index from user_items group by user_index having ... -#}
{% macro late_users() %}
    select user_index
    from user_items
    group by user_index
    having max(last_at) >= {{ as_timestamp(var("fold_in_after")) }}
{% endmacro %}
