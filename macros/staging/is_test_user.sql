{#- is_test_user(): the condition that a user is one of those that eval_split: users holds
    out: eval_split_share of them, drawn by a hash.
    is_test_user()  ->  user_id is not null and ('0x' || ...) / power(2, 52) < 0.2 -#}
{% macro is_test_user() -%}
    user_id is not null
    and {{ hash_share("concat('eval_split:', cast(user_id as varchar))") }}
    < {{ var("eval_split_share") | float }}
{%- endmacro %}
