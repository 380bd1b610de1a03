{#- linear_weights(source, fitted): what functions of linear_kind read of a source: what was
    fitted, of the CTE `fitted` (sig_linear_weights), and the settings of a graph.
    linear_weights("ease", "item_weights")  ->  (select list(item_weights order by ... -#}
{% macro linear_weights(source, fitted) -%}
    {% if linear_kind(source) in ("linear", "graph") %}
        (
            select list(item_weights order by item_index)
            from {{ fitted }}
            where model_name = '{{ source }}'
        )
    {% else %} cast(null as float[][])
    {% endif %}
    {% if linear_kind(source) != "linear" %}, {{ graph_settings(source) }} {% endif %}
{%- endmacro %}
