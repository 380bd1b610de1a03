{#- metric_label(metric, k): a metric as people write it: ndcg@10; rmse, where no list is cut.
    metric_label("metric", "k")  ->  case when k > 0 then concat(metric, '@', ... -#}
{% macro metric_label(metric, k) -%}
    case
        when {{ k }} > 0
        then concat({{ metric }}, '@', cast({{ k }} as varchar))
        else {{ metric }}
    end
{%- endmacro %}
