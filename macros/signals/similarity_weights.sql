{#- similarity_weights(cells, similarity, row, column): the body of a CTE that says how much each
    column says of each row, by macro feature_weight from the `amount` of their cells.
    similarity_weights("taken", "cosine", "item_index", "user_index")  ->
    select item_index, user_index, cast(amount as double) as weight from taken ... -#}
{% macro similarity_weights(cells, similarity, row, column) %}
    {%- set row_length = "sum(amount) over (partition by " ~ row ~ ")" %}
    select
        {{ row }},
        {{ column }},
        {{
            feature_weight(
                similarity,
                "amount",
                "count(*) over (partition by " ~ column ~ ")",
                "corpus.row_count",
                ratio(row_length ~ " * corpus.row_count", "corpus.total_amount"),
            )
        }} as weight
    from {{ cells }}
    cross join
        (
            select count(distinct {{ row }}) as row_count, sum(amount) as total_amount
            from {{ cells }}
        ) as corpus
{% endmacro %}
