{#- audience_scores(audiences, ranked): the body of a CTE that scores items alike for all of an
    audience: n + (items the user has) ranks always hold n new ones. `audiences` has users'
    audiences, as many as a user has scopes, and `ranked` the popularity_rank of items in each.
    What users have is grouped, so that no plan joins audiences with all their items first.
    audience_scores("audiences", "ranked")  ->  select reached.user_id, ... union all ... -#}
{% macro audience_scores(audiences, ranked) %}
    {% set items = ["item_id, ", "item_index, ", "score"] %}
    {% set item_columns = ranked ~ "." ~ items | join(ranked ~ ".") %}
    select reached.user_id, {{ item_columns }}, {{ ranked }}.item_id as reason_item_id
    from ({{ required_depths(audiences) }}) as reached
    inner join
        {{ ranked }}
        on reached.audience = {{ ranked }}.audience
        and {{ ranked }}.popularity_rank <= reached.last_rank
    left join
        {{ ref("int_user_items") }} as user_items
        on reached.user_id = user_items.user_id
        and {{ ranked }}.item_id = user_items.item_id
    where user_items.item_id is null
    union
    {{ "" if surfaces_use(["where"]) == "yes" else "all" }}
    select owned.user_id, {{ item_columns }}, {{ ranked }}.item_id
    from
        (
            select user_items.user_id, {{ audiences }}.audience, user_items.item_id
            from {{ ref("int_user_items") }} as user_items
            inner join {{ audiences }} on user_items.user_id = {{ audiences }}.user_id
            group by user_items.user_id, {{ audiences }}.audience, user_items.item_id
        ) as owned
    inner join {{ ranked }} using (audience, item_id)
{% endmacro %}
