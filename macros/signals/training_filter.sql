{#- training_filter(): the condition on int_user_items of what a model that can fold users in
    is fitted on: eligible items, with fold_in_after only what was first taken before. Users
    whom a backtest holds out (eval_split: users) are never learned from.
    training_filter()  ->  is_eligible and first_at < timestamp '2017-11-01' -#}
{% macro training_filter() -%}
    is_eligible
    {%- if var("fold_in_after") is not none %}
        and first_at < {{ as_timestamp(var("fold_in_after")) }}
    {%- endif %}
    {%- if var("as_of") is not none and var("eval_split") == "users" %}
        and not ({{ is_test_user() }})
    {%- endif %}
{%- endmacro %}
