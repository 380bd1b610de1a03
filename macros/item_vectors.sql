{#- item_vectors(): the body of a CTE that gives every eligible item its vector of the CTE
    `known`; one that the fit has not seen has zeros. The model imports items and its fit as
    model.
    item_vectors()  ->  select items.item_index, coalesce(known.factors, ...) ... -#}
{% macro item_vectors() %}
    select items.item_index, coalesce(known.factors, model.unseen_factors) as factors
    from items
    cross join model
    left join known on items.item_id = known.item_id
    where items.is_eligible and model.unseen_factors is not null
{% endmacro %}
