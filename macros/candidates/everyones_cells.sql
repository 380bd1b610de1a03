{#- everyones_cells(source, user_items): the query of the matrix whose graph a source of
    linear_sources scores by: what all users weigh, whoever is scored.
    everyones_cells("sar", "everyone")  ->  select {'row_index':list(user_index), ... -#}
{% macro everyones_cells(source, user_items) %}
    {%- set weight = "cast(" ~ cell_weight(var(source ~ "_weights")) ~ " as double)" %}
    select {{ matrix_of("user_index", "item_index", weight) }}
    from {{ user_items }}
    where is_eligible
{% endmacro %}
