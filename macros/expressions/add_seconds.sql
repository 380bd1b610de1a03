{#- add_seconds(moment, seconds): a timestamp that many whole seconds later. A fraction is
    rounded by name: a plain cast rounds on DuckDB and truncates on Spark.
    add_seconds("last_at", "gap_days * 86400")
    ->  (last_at + to_seconds(cast(round(gap_days * 86400) as bigint))) -#}
{% macro add_seconds(moment, seconds) -%}
    ({{ moment }} + to_seconds(cast(round({{ seconds }}) as bigint)))
{%- endmacro %}
