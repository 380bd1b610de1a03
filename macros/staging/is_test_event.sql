{#- is_test_event(): the condition that an event before as_of is held out, by a var eval_split
    other than time.
    is_test_event()  ->  user_id is not null and ('0x' || ...) / power(2, 52) < 0.2 -#}
{% macro is_test_event() -%}
    {%- set pair = "concat('eval_split:', cast(user_id as varchar), ':', cast(item_id as varchar))" -%}
    {%- set last_n = var("eval_last_n") | int -%}
    {%- set share = var("eval_split_share") | float -%}
    {%- set given = var("eval_given_share") | float -%}
    {%- if var("eval_split") == "last_n" -%}
        user_id is not null
        and dense_rank() over (
            partition by
                user_id, deletion is null, event_at < {{ as_timestamp(var("as_of")) }}
            order by event_at desc
        )
        <= {{ last_n }}
    {%- elif var("eval_split") == "random" -%}
        user_id is not null and {{ hash_share(pair) }} < {{ share }}
    {%- elif var("eval_split") == "users" -%}
        {{ is_test_user() }} and {{ hash_share(pair) }} >= {{ given }}
    {%- else -%} coalesce(is_test, false)
    {%- endif -%}
{%- endmacro %}
