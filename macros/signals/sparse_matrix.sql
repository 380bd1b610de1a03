{#- sparse_matrix(row, column, weight): the cells of a matrix as one value, as functions that
    take more than one matrix read it.
    sparse_matrix("user_index", "item_index", "weight")  ->
    {'row_index': list(user_index), 'column_index': ..., 'weight': list(weight)} -#}
{% macro sparse_matrix(row, column, weight) -%}
    {
        'row_index':list({{ row }}),
        'column_index':list({{ column }}),
        'weight':list({{ weight }})
    }
{%- endmacro %}
