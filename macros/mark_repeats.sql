{#- mark_repeats(scored): the body of a CTE that says of every scored (user_id, item_id)
    whether the user has it already. The model imports int_user_items as user_items.
    mark_repeats("summed")  ->  select summed.user_id, ... as is_repeat from summed ... -#}
{% macro mark_repeats(scored) %}
    select
        {{ scored }}.user_id,
        {{ scored }}.item_id,
        {{ scored }}.item_index,
        {{ scored }}.score,
        {{ scored }}.reason_item_id,
        user_items.item_id is not null as is_repeat
    from {{ scored }}
    left join
        user_items
        on {{ scored }}.user_id = user_items.user_id
        and {{ scored }}.item_id = user_items.item_id
{% endmacro %}
