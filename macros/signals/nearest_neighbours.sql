{#- nearest_neighbours(cells, scales, row, column, similarity, side, count, shrinkage=none): the body
    of a CTE with the `count` most similar rows of each row, which is the voter or the target
    of the other, and the row itself at rank 0; `scales` are made by similarity_norms, and
    shrinkage is knn_shrinkage unless given.
    nearest_neighbours("cells", "scales", "item_index", "user_index", "jaccard", "voter", 50)  ->
    select unnest(similar_rows((select ... from cells), ...), recursive := true) ... -#}
{% macro nearest_neighbours(
    cells, scales, row, column, similarity, side, count, shrinkage=none
) %}
    {% set damping = var("knn_shrinkage") if shrinkage is none else shrinkage %}
    select
        unnest(
            similar_rows(
                (select {{ sparse_matrix(row, column, "weight") }} from {{ cells }}),
                {
                    'row_index':list(row_index),
                    'row_scale':list({{ side }}_scale),
                    'near_scale':list(
                        {{ "target" if side == "voter" else "voter" }}_scale
                    ),
                    'denominator':
                    '{{ "union" if similarity == "jaccard" else "product" }}',
                    'shrinkage':{{ damping | float }}
                },
                {{ count }}
            ),
            recursive := true
        )
    from {{ scales }}
{% endmacro %}
