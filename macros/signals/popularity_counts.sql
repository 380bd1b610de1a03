{#- popularity_counts(): the aggregates of sig_item_takers that popularity is made of, as columns.
    popularity_counts()  ->  count(*) as user_count, count(*) filter (...) as recent_count ... -#}
{% macro popularity_counts() %}
    count(*) as user_count,
    count(case when is_recent then 1 end) as recent_count,
    count(case when is_previous then 1 end) as previous_count,
    {{ stable_sum("weight") }} as decayed_weight
{% endmacro %}
