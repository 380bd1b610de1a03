{#- not_disliked(scored): no scored item that the user dislikes (a pair of weight below 0).
    not_disliked("scored")  ->  not exists (select 1 from user_items as disliked ...) -#}
{% macro not_disliked(scored) -%}
    not exists (
        select 1
        from user_items as disliked
        where
            disliked.user_id = {{ scored }}.user_id
            and disliked.item_id = {{ scored }}.item_id
            and disliked.weight < 0
    )
{%- endmacro %}
