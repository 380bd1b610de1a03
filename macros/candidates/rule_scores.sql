{#- rule_scores(recency, rules): the body of a CTE with what rules make of each user's
    latest_items: the sum of their log_lift, and the strongest rule as reason. recency: rows
    of latest_first.
    rule_scores("recency", "rules")  ->  select recency.user_id, ... as score, ... -#}
{% macro rule_scores(recency, rules) %}
    select
        {{ recency }}.user_id,
        {{ rules }}.consequent_item_id as item_id,
        {{ rules }}.consequent_index as item_index,
        {{ stable_sum(rules ~ ".log_lift") }} as score,
        arg_max(
            {{ rules }}.antecedent_item_id,
            ({{ rules }}.log_lift, - {{ rules }}.antecedent_index)
        ) as reason_item_id
    from {{ recency }}
    inner join {{ rules }} on {{ recency }}.item_index = {{ rules }}.antecedent_index
    where {{ recency }}.recency_rank <= {{ var("latest_items") | int }}
    group by
        {{ recency }}.user_id,
        {{ rules }}.consequent_item_id,
        {{ rules }}.consequent_index
{% endmacro %}
