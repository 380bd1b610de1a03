{#- over_folds(): figures of CTE kept as means over the folds of a run, with an interval; for
    one fold both are what eval_summary says.
    over_folds()
    ->  avg(metric_value) as metric_value, avg(metric_value) - avg(metric_value - ... -#}
{% macro over_folds() -%}
    avg(metric_value) as metric_value,
    avg(metric_value)
    - avg(metric_value - interval_low) / sqrt(count(*)) as interval_low,
    avg(metric_value)
    + avg(interval_high - metric_value) / sqrt(count(*)) as interval_high,
    sum(user_count) as user_count
{%- endmacro %}
