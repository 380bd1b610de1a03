{#- named_fit(model, dimensions, places_new=false): the body of the last CTE of a model that
    fits factors, in the contract of all of them: those of the CTE `fitted`, and whose they
    are, as indexes are others in the next refresh. `dimensions` are the numbers of a vector
    without biases; `places_new` says that new items have one, too. The model imports users
    and items, and has the CTE `due`.
    named_fit("als", 64)  ->  select 'als' as model_name, fitted.factors, ... from fitted ... -#}
{% macro named_fit(model, dimensions, places_new=false) %}
    select
        '{{ model }}' as model_name,
        fitted.factors,
        (select list(user_id order by user_index) from users) as user_ids,
        (
            select list(item_id order by item_index)
            from items
            where is_eligible {{ "or is_new" if places_new }}
        ) as item_ids,
        case
            when len(fitted.factors.item_factors) > 0
            then
                list_resize(cast([] as float[]), len(fitted.factors.item_factors[1]), 0)
        end as unseen_factors,
        {{ dimensions | int }} as dimensions,
        {{ places_new | lower }} as places_new,
        due.fitted_at,
        due.refreshed_at
    from fitted
    cross join due
{% endmacro %}
