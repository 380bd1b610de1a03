{#- best_of_scopes(scored, family=""): the body of a CTE that keeps of scored pairs the best of
    each kind (best_of_kinds) in each scope of the user; is_extra where only scopes of surfaces
    keep it.
    best_of_scopes("scored")  ->  select user_id, ..., bool_and(...) as is_extra from ... -#}
{% macro best_of_scopes(scored, family="") %}
    {% set columns = (
        family
        ~ "user_id, item_id, item_index, score, is_repeat, reason_item_id"
    ) %}
    select {{ columns }}, bool_and(surface is not null) as is_extra
    from ({{ best_of_kinds(scored, family, true) }}) as kept
    group by {{ columns }}
{% endmacro %}
