{#- balance_key(): whose units of what a line moves, as text. Two owners may share a key: it
    only says which lines are worth a window.
    balance_key()  ->  concat(coalesce(cast(user_id as varchar), basket_id), ' ', ...) -#}
{% macro balance_key() -%}
    concat(coalesce(cast(user_id as varchar), basket_id), ' ', cast(item_id as varchar))
{%- endmacro %}
