{#- numbered_values(models, values, name): the body of a CTE that makes a list of each row of
    CTE `models` a table, numbered from 0.
    numbered_values("models", "factors.item_factors", "factors")
    ->  select model_name, cast(unnest(range(...)) as integer) as value_index, ... -#}
{% macro numbered_values(models, values, name) %}
    select
        model_name,
        cast(unnest(range(len({{ values }}))) as integer) as value_index,
        unnest({{ values }}) as {{ name }}
    from {{ models }}
{% endmacro %}
