{#- nearest_vectors(): the body of a CTE with each item's most similar others by cosine
    above 0 at six decimals, from the CTE unit_vectors.
    nearest_vectors()  ->  select ... as similarity, ... as neighbour_rank from ... -#}
{% macro nearest_vectors() %}
    select
        user_index as item_index,
        item_index as similar_item_index,
        cast(score as double) as similarity,
        row_number() over (
            partition by user_index order by score desc, item_index
        ) as neighbour_rank
    from
        (
            select
                unnest(
                    top_items(
                        list(item_index order by item_index),
                        list(vector order by item_index),
                        list(vector order by item_index),
                        {'user_index':list(item_index), 'item_index':list(item_index)},
                        null,
                        {{ var("similar_items_per_item") | int }}
                    ),
                    recursive := true
                )
            from unit_vectors
        ) as found
    where score >= 5e-7
{% endmacro %}
