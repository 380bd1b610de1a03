{#- if_metric_enabled(metric, figure): the figure, or null where var eval_metrics does not ask for
    this metric, so that it costs nothing.
    if_metric_enabled("novelty", "avg(self_information)")  ->  avg(self_information) -#}
{% macro if_metric_enabled(metric, figure) -%}
    {%- if metric in var("eval_metrics") -%} {{ figure }}
    {%- else -%} cast(null as double)
    {%- endif -%}
{%- endmacro %}
