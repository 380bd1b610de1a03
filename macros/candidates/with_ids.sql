{#- with_ids(indexed, users, items, of_family=false): the body of a CTE that gives scored
    (user_index, item_index, is_known) their ids; a known item is its own reason.
    with_ids("indexed", "users", "items")  ->  select users.user_id, items.item_id, ... -#}
{% macro with_ids(indexed, users, items, of_family=false) %}
    select
        {{ indexed ~ ".candidate_source," if of_family }}
        {{ users }}.user_id,
        {{ items }}.item_id,
        {{ indexed }}.item_index,
        {{ indexed }}.score,
        case when {{ indexed }}.is_known then {{ items }}.item_id end as reason_item_id
    from {{ indexed }}
    inner join {{ users }} on {{ indexed }}.user_index = {{ users }}.user_index
    inner join {{ items }} on {{ indexed }}.item_index = {{ items }}.item_index
{% endmacro %}
