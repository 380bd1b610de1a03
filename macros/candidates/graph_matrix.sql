{#- graph_matrix(source, user_items): the query of the matrix whose graph a source of
    linear_sources scores by: what all users weigh, whoever is scored.
    graph_matrix("sar", "everyone")  ->  select {'row_index':list(user_index), ... -#}
{% macro graph_matrix(source, user_items) %}
    {%- set weight = "cast(" ~ cell_weight(var(source ~ "_weights")) ~ " as double)" %}
    select {{ sparse_matrix("user_index", "item_index", weight) }}
    from {{ user_items }}
    where is_eligible
{% endmacro %}
