{#- linear_weights(source, fitted): what was fitted for a source of linear_sources, as
    functions of linear_kind read it, of the CTE `fitted` (sig_linear_weights).
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
{%- endmacro %}
