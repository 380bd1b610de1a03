{#- run_stamp(): which run made a row of a public table, and when that run began, as columns.
    run_stamp()  ->  '0c7e...' as run_id, timestamp '2017-12-04 04:01:20' as generated_at -#}
{% macro run_stamp() -%}
    {{ text(invocation_id) }} as run_id,
    {{ as_timestamp(run_started_at) }} as generated_at
{%- endmacro %}
