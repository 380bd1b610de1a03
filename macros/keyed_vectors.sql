{#- keyed_vectors(models, side): the body of a CTE that makes the lists of vectors of the fits
    in CTE `models` a table, by the ids that are beside them: indexes are those as of the fit.
    keyed_vectors("models", "item")
    ->  select keys.model_name, keys.item_id, vectors.factors from (...) as ... -#}
{% macro keyed_vectors(models, side) %}
    select keys.model_name, keys.{{ side }}_id, vectors.factors
    from ({{ numbered_values(models, side ~ "_ids", side ~ "_id") }}) as keys
    inner join
        (
            {{ numbered_values(models, "factors." ~ side ~ "_factors", "factors") }}
        ) as vectors
        on keys.model_name = vectors.model_name
        and keys.value_index = vectors.value_index
{% endmacro %}
