{#- unit_vectors(vectors, keys): the body of a CTE that scales the vectors of CTE `vectors`, lists
    of doubles, to length 1; one without a direction has zeros. keys: columns that stay.
    unit_vectors("vectors", ["item_index"])  ->  select item_index, cast(list_transform(... -#}
{% macro unit_vectors(vectors, keys) %}
    select
        {{ keys | join(", ") }},
        cast(
            list_transform(
                vector,
                lambda number:coalesce(
                    number / nullif(sqrt(list_inner_product(vector, vector)), 0), 0
                )
            ) as float[]
        ) as vector
    from {{ vectors }}
{% endmacro %}
