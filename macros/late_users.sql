{#- late_users(): the body of a CTE with the users whom the fit did not learn from: those with
    events since fold_in_after, or whom a backtest holds out (eval_split: users). The model
    imports int_user_items as user_items.
    late_users()  ->  select user_index from user_items where last_at >= ... group by ... -#}
{% macro late_users() %}
    select user_index
    from user_items
    where
        {% if var("fold_in_after") is not none %}
            last_at >= {{ as_timestamp(var("fold_in_after")) }}
        {% else %} false
        {% endif %}
        {% if var("as_of") is not none and var("eval_split") == "users" %}
            or {{ is_test_user() }}
        {% endif %}
    group by user_index
{% endmacro %}
