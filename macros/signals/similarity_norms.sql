{#- similarity_norms(cells, similarity, row, column): the body of a CTE with the two numbers of each row
    that measures divide by: as the voter (what a user has) and as the target (what that
    speaks for). `held` is the squared length of the row in `cells`, for exponents
    the number of its columns, which is the same where weights are 1. Jaccard divides by the
    sum of both less the product.
    similarity_norms("cells", "jaccard", "item_index", "user_index")  ->
    select item_index as row_index, held as voter_scale, held as target_scale ... -#}
{% macro similarity_norms(cells, similarity, row, column) %}
    {%- set squares = stable_sum("weight * weight") %}
    {%- set length = "count(*)" if similarity == "exponents" else squares %}
    {%- set share = var("knn_asymmetry") | float %}
    {%- set voter, target = {
        "jaccard": ("held", "held"),
        "lift": ("held", ratio("held", "column_count")),
        "conditional": ("held", "power(held, " ~ var("knn_discount") ~ ")"),
        "asymmetric": (
            "power(held, " ~ share ~ ")",
            "power(held, " ~ (1 - share) ~ ")",
        ),
        "exponents": (
            "power(held, " ~ var("knn_source_exponent") ~ ")",
            "power(held, " ~ var("knn_target_exponent") ~ ")",
        ),
    }.get(similarity, ("sqrt(held)", "sqrt(held)")) %}
    select
        {{ row }} as row_index, {{ voter }} as voter_scale, {{ target }} as target_scale
    from
        (
            select {{ row }}, {{ length }} as held from {{ cells }} group by {{ row }}
        ) as lengths
    cross join
        (select count(distinct {{ column }}) as column_count from {{ cells }}) as total
{% endmacro %}
