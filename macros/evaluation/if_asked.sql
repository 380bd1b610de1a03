{#- if_asked(metric, figure): the figure, or null where var eval_metrics does not ask for
    this metric, so that it costs nothing.
    if_asked("novelty", "avg(surprise)")  ->  avg(surprise) -#}
{% macro if_asked(metric, figure) -%}
    {%- if metric in var("eval_metrics") -%} {{ figure }}
    {%- else -%} cast(null as double)
    {%- endif -%}
{%- endmacro %}
