{#- weight_terms(source, cells, fitted, shown, count): what the items of users add to scores by a
    source of linear_sources, of rows of int_user_items, as one value: the `count` largest
    terms of each pair of the CTE `shown`. cells: those of everyone; fitted: sig_linear_weights.
    weight_terms("ease", "everyone", "item_weights", "shown", 1)  ->  linear_terms(list(... -#}
{% macro weight_terms(source, cells, fitted, shown, count) %}
    {%- set is_linear = linear_kind(source) == "linear" -%}
    {{ linear_kind(source) }}_terms(
        list(user_index),
        list(item_index),
        list({{ cell_weight(var(source ~ "_weights")) }}),
        {% if not is_linear %}
            (
                {{ graph_matrix(source, cells) }} and exists
                (select 1 from {{ shown }} where candidate_source = '{{ source }}')
            ),
        {% endif %}
        {{ linear_weights(source, fitted) }},
        {% if not is_linear %} {{ graph_settings(source) }}, {% endif %}
        {{ user_item_pairs(shown, source) }},
        {{ count }}
    )
{% endmacro %}
