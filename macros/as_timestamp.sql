{#- as_timestamp(moment): a timestamp literal from a var or from dbt's run_started_at.
    as_timestamp("2017-12-04 04:01:20")  ->  timestamp '2017-12-04 04:01:20' -#}
{% macro as_timestamp(moment) -%}
    timestamp {{ text((moment | string)[:19]) }}
{%- endmacro %}
