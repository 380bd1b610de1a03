{#- numbered_vectors(vectors, index_name): the body of a CTE that makes a list of vectors of
    the CTE `model` a table, numbered from 0.
    numbered_vectors("factors.item_factors", "item_index")  ->  select cast(... -#}
{% macro numbered_vectors(vectors, index_name) %}
    select
        cast(unnest(range(len({{ vectors }}))) as integer) as {{ index_name }},
        unnest({{ vectors }}) as factors
    from model
{% endmacro %}
