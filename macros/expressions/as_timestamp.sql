{#- as_timestamp(moment): a timestamp literal from a var or from dbt's run_started_at, with
    its fraction of a second; it is UTC, whose offset (+00:00, Z) is left out.
    as_timestamp("2017-12-04 04:01:20.5")  ->  timestamp '2017-12-04 04:01:20.5' -#}
{% macro as_timestamp(moment) -%}
    {%- set written = moment | string -%}
    {%- set time = written[10:].split("+")[0].split("-")[0].split("Z")[0] -%}
    timestamp {{ text((written[:10] ~ time) | trim) }}
{%- endmacro %}
