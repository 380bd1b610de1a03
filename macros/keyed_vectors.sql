{#- keyed_vectors(side): the body of a CTE that makes a list of vectors of the CTE `model` a
    table by the ids that are beside it: indexes are those as of the fit.
    keyed_vectors("item")  ->  select keys.item_id, vectors.factors from (...) as ... -#}
{% macro keyed_vectors(side) %}
    select keys.{{ side }}_id, vectors.factors
    from ({{ numbered_values(side ~ "_ids", side ~ "_index", side ~ "_id") }}) as keys
    inner join
        (
            {{
                numbered_values(
                    "factors." ~ side ~ "_factors", side ~ "_index", "factors"
                )
            }}
        ) as vectors
        on keys.{{ side }}_index = vectors.{{ side }}_index
{% endmacro %}
