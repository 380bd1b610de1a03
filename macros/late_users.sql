{#- late_users(): the body of a CTE with the users whom the fit did not learn from as they are:
    their history changed since, they have events since fold_in_after, or a backtest holds
    them out (eval_split: users). The model imports int_user_items as user_items,
    int_owner_items as owner_items, and the fit as model.
    late_users()  ->  select user_index from user_items where user_id in (...) group by ... -#}
{% macro late_users() %}
    select user_index
    from user_items
    where
        user_id in (
            select owner_items.user_id
            from owner_items
            inner join model on owner_items.refreshed_at > model.refreshed_at
            where owner_items.user_id is not null
        )
        {% if var("fold_in_after") is not none %}
            or last_at >= {{ as_timestamp(var("fold_in_after")) }}
        {% endif %}
        {% if var("as_of") is not none and var("eval_split") == "users" %}
            or {{ is_test_user() }}
        {% endif %}
    group by user_index
{% endmacro %}
