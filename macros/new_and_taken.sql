{#- new_and_taken(): the body of a CTE that scores by factors: best_new as it came, and the
    pairs of `taken` by inner product, each its own reason. The model imports user_factors
    and item_factors.
    new_and_taken()  ->  select user_index, ... from best_new union all select ... -#}
{% macro new_and_taken() %}
    select
        user_index,
        item_index,
        score,
        false as is_repeat,
        cast(null as integer) as reason_index
    from best_new
    union all
    select
        taken.user_index,
        taken.item_index,
        list_inner_product(user_factors.factors, item_factors.factors),
        true,
        taken.item_index
    from taken
    inner join user_factors on taken.user_index = user_factors.user_index
    inner join item_factors on taken.item_index = item_factors.item_index
{% endmacro %}
