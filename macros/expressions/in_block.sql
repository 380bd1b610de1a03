{#- in_block(user_index): the condition that a user belongs to the block of users that a model
    with meta.blocks is being built for. Who sets no block, as dbt, builds everybody at once.
    in_block("user_index")  ->  user_index between coalesce(getvariable(...), 0) and ... -#}
{% macro in_block(user_index) -%}
    {{ user_index }} between coalesce(getvariable('first_user_index'), 0) and coalesce(
        getvariable('last_user_index'), 2147483647
    )
{%- endmacro %}
