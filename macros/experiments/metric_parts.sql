{#- metric_parts(metric): a user's numerator and denominator of a metric of experiments, from
    the counts that exp_user_metrics and exp_baselines name; in words in seed
    experiment_metrics.
    metric_parts("average_order_value")
    ->  cast(amount as double) as numerator, cast(order_count as double) as denominator -#}
{% macro metric_parts(metric) -%}
    {%- set numerator, denominator = {
        "conversion": ("case when order_count > 0 then 1 else 0 end", "1"),
        "orders_per_user": ("order_count", "1"),
        "revenue_per_user": ("amount", "1"),
        "average_order_value": ("amount", "order_count"),
        "click_through_rate": ("click_count", "exposure_count"),
        "repeat_share": ("repeat_count", "line_count"),
        "discovery_share": ("new_item_count", "item_count"),
    }[metric] -%}
    cast({{ numerator }} as double) as numerator,
    cast({{ denominator }} as double) as denominator
{%- endmacro %}
