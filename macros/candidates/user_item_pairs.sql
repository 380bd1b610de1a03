{#- user_item_pairs(relation, source): the (user, item) pairs of a CTE that are of one candidate_source,
    as one value, as functions read them.
    user_item_pairs("shown", "als")  ->  (select {'user_index': list(user_index), ...} from shown ...) -#}
{% macro user_item_pairs(relation, source) -%}
    (
        select {'user_index':list(user_index), 'item_index':list(item_index)}
        from {{ relation }}
        where candidate_source = '{{ source }}'
    )
{%- endmacro %}
