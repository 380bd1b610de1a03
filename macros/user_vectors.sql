{#- user_vectors(): the body of a CTE that gives every user whom the fit knew the vector of the
    CTE `known`. The model imports users.
    user_vectors()  ->  select users.user_index, known.factors from known ... -#}
{% macro user_vectors() %}
    select users.user_index, known.factors
    from known
    inner join users on known.user_id = users.user_id
{% endmacro %}
