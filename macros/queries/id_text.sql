{#- id_text(column): an id as text that fits into a page; ids may be of any length.
    id_text("lists.item_id")  ->  left(cast(lists.item_id as varchar), 200) -#}
{% macro id_text(column) -%} left(cast({{ column }} as varchar), 200) {%- endmacro %}
