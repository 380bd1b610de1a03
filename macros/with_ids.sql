{#- with_ids(indexed, of_family=false): the body of a CTE that gives scored (user_index,
    item_index) their ids, and reason_index the id of that item. The model imports users and
    items.
    with_ids("indexed")  ->  select users.user_id, items.item_id, ... from indexed ... -#}
{% macro with_ids(indexed, of_family=false) %}
    select
        {{ indexed ~ ".candidate_source," if of_family }}
        users.user_id,
        items.item_id,
        {{ indexed }}.item_index,
        {{ indexed }}.score,
        because.item_id as reason_item_id
    from {{ indexed }}
    inner join users on {{ indexed }}.user_index = users.user_index
    inner join items on {{ indexed }}.item_index = items.item_index
    left join items as because on {{ indexed }}.reason_index = because.item_index
{% endmacro %}
