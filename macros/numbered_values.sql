{#- numbered_values(values, index_name, name): the body of a CTE that makes a list of the CTE
    `model` a table, numbered from 0.
    numbered_values("factors.item_factors", "item_index", "factors")  ->  select cast(... -#}
{% macro numbered_values(values, index_name, name) %}
    select
        cast(unnest(range(len({{ values }}))) as integer) as {{ index_name }},
        unnest({{ values }}) as {{ name }}
    from model
{% endmacro %}
