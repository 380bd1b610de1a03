{#- shown_pairs(source): the (user, item) pairs that surfaces show from a source, as functions
    that explain scores read them. The model imports why_shown as shown.
    shown_pairs("als")  ->  (select {'user_index': list(user_index), ...} from shown ...) -#}
{% macro shown_pairs(source) -%}
    (
        select {'user_index':list(user_index), 'item_index':list(item_index)}
        from shown
        where candidate_source = '{{ source }}'
    )
{%- endmacro %}
