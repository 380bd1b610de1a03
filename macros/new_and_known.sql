{#- new_and_known(): the body of a CTE that scores by factors: best_new as it came, and the
    pairs of `known` by inner product, each its own reason. The model imports user_factors
    and item_factors.
    new_and_known()  ->  select user_index, ... from best_new union all select ... -#}
{% macro new_and_known() %}
    select user_index, item_index, score, cast(null as integer) as reason_index
    from best_new
    union all
    select
        known.user_index,
        known.item_index,
        list_inner_product(
            cast(user_factors.factors as double[]),
            cast(item_factors.factors as double[])
        ),
        known.item_index
    from known
    inner join user_factors on known.user_index = user_factors.user_index
    inner join item_factors on known.item_index = item_factors.item_index
{% endmacro %}
