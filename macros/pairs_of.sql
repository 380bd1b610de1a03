{#- pairs_of(relation, source): the (user, item) pairs of a CTE that are of one candidate_source,
    as one value, as functions read them.
    pairs_of("shown", "als")  ->  (select {'user_index': list(user_index), ...} from shown ...) -#}
{% macro pairs_of(relation, source) -%}
    (
        select {'user_index':list(user_index), 'item_index':list(item_index)}
        from {{ relation }}
        where candidate_source = '{{ source }}'
    )
{%- endmacro %}
