{#- audience_scores(): the body of a CTE that scores items alike for all of an audience:
    n + (items the user has) ranks always hold n new ones. The model names users' audiences
    `audiences`, ranks items per audience in `ranked`, makes `reached` by required_depths, and
    imports user_items. A user is of as many audiences as there are scopes of the user.
    audience_scores()  ->  select reached.user_id, ... union all select ... -#}
{% macro audience_scores() %}
    {% set item_columns %} ranked.item_id, ranked.item_index, ranked.score {% endset %}
    select reached.user_id, {{ item_columns }}, ranked.item_id as reason_item_id
    from reached
    inner join
        ranked
        on reached.audience = ranked.audience
        and ranked.popularity_rank <= reached.last_rank
    left join
        user_items
        on reached.user_id = user_items.user_id
        and ranked.item_id = user_items.item_id
    where user_items.item_id is null
    union
    {{ "" if surfaces_use(["where"]) == "yes" else "all" }}
    select user_items.user_id, {{ item_columns }}, ranked.item_id
    from user_items
    inner join audiences on user_items.user_id = audiences.user_id
    inner join ranked using (audience, item_id)
{% endmacro %}
