{#- of_block(model): the rows of a model that are of users of the block which is being built,
    in the place of a table. What every source reads of eligibility, macros read so
    themselves.
    of_block("elig_exclusions")  ->  (select * from ... where user_index between ...) -#}
{% macro of_block(model) -%}
    (select * from {{ ref(model) }} where {{ in_block("user_index") }})
{%- endmacro %}
