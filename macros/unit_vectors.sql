{#- unit_vectors(factors): the body of a CTE that scales the items' factors to length 1, so
    that an inner product is a cosine. Only the first `factors` numbers count, as BPR and
    LMF append biases; a vector of zeros stays one.
    unit_vectors(64)  ->  select item_index, list_transform(...) as vector from ... -#}
{% macro unit_vectors(factors) %}
    select
        item_index,
        cast(
            list_transform(
                vector,
                lambda number:coalesce(
                    number / nullif(sqrt(list_inner_product(vector, vector)), 0), 0
                )
            ) as float[]
        ) as vector
    from
        (
            select
                item_index, cast(factors as double[])[1:{{ factors | int }}] as vector
            from item_factors
        ) as kept
{% endmacro %}
