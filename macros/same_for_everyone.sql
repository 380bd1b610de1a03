{#- same_for_everyone(ranked): the body of a CTE that scores items alike for all users: n +
    (items the user has) ranks always hold n new ones. `ranked` has item_id, item_index,
    score and popularity_rank; the model imports users and user_items, and counts owned.
    same_for_everyone("popularity")  ->  select users.user_id, ... union all select ... -#}
{% macro same_for_everyone(ranked) %}
    {% set item_columns %}
        {{ ranked }}.item_id, {{ ranked }}.item_index, {{ ranked }}.score
    {% endset %}
    select
        users.user_id,
        {{ item_columns }},
        false as is_repeat,
        {{ ranked }}.item_id as reason_item_id
    from users
    left join owned on users.user_id = owned.user_id
    inner join
        {{ ranked }}
        on {{ ranked }}.popularity_rank
        <= {{ var("candidates_per_user") | int }} + coalesce(owned.item_count, 0)
    left join
        user_items
        on users.user_id = user_items.user_id
        and {{ ranked }}.item_id = user_items.item_id
    where user_items.item_id is null
    union all
    select user_items.user_id, {{ item_columns }}, true, {{ ranked }}.item_id
    from user_items
    inner join {{ ranked }} on user_items.item_id = {{ ranked }}.item_id
{% endmacro %}
