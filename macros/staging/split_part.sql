{#- split_part(): past, holdout, or null for what is in neither, by var eval_split. A user
    with what was taken at one time, or the same item, is never torn apart.
    split_part()  ->  case when event_at is null or event_at < timestamp '...' then ... -#}
{% macro split_part() -%}
    {%- set as_of = as_timestamp(var("as_of")) -%}
    {%- set is_test = is_test_event() -%}
    {%- set gap = "interval '" ~ (var("eval_gap_days") | int) ~ "' day" -%}
    {%- set days = "interval '" ~ (var("holdout_days") | int) ~ "' day" -%}
    {%- if var("eval_split") == "time" -%}
        case
            when event_at is null or event_at < {{ as_of }}
            then 'past'
            when
                event_at >= {{ as_of }} + {{ gap }}
                and event_at < {{ as_of }} + {{ gap }} + {{ days }}
            then 'holdout'
        end
    {%- else -%}
        case
            when event_at >= {{ as_of }}
            then null
            when event_at is not null and {{ is_test }}
            then 'holdout'
            else 'past'
        end
    {%- endif -%}
{%- endmacro %}
