{#- row_scales(similarity, row, column): the body of a CTE with the two numbers of each row
    that measures divide by: as the voter (what a user has) and as the target (what that
    speaks for). `held` is the squared length of the row in the CTE `cells`; the number of
    its columns where weights are 1; `held_count` that number always. Jaccard divides by the
    sum of both less the product. exponents: P3alpha, RP3beta,
    conditional and asymmetric are settings of it (see sig_knn_neighbours).
    row_scales("jaccard", "item_index", "user_index")  ->
    select item_index as row_index, held as voter_scale, held as target_scale ... -#}
{% macro row_scales(similarity, row, column) %}
    {%- set discount, share = (
        var("knn_discount") | float,
        var("knn_asymmetry") | float,
    ) %}
    {%- set voter, target = {
        "jaccard": ("held", "held"),
        "lift": ("held", ratio("held", "column_count")),
        "conditional": ("held", "power(held, " ~ discount ~ ")"),
        "exponents": (
            "power(held_count, "
            ~ (var("knn_source_exponent") | float)
            ~ ")",
            "power(held_count, "
            ~ (var("knn_target_exponent") | float)
            ~ ")",
        ),
        "asymmetric": (
            "power(held, " ~ share ~ ")",
            "power(held, " ~ (1 - share) ~ ")",
        ),
    }.get(similarity, ("sqrt(held)", "sqrt(held)")) %}
    select
        {{ row }} as row_index, {{ voter }} as voter_scale, {{ target }} as target_scale
    from
        (
            select
                {{ row }},
                {{ stable_sum("weight * weight") }} as held,
                count(*) as held_count
            from cells
            group by {{ row }}
        ) as lengths
    cross join (select count(distinct {{ column }}) as column_count from cells) as total
{% endmacro %}
