{#- required_depths(): the body of a CTE with the rank down to which a list for everyone must
    go to hold n items that are new to a user: n, and one more for each item the user has or
    is never shown. The model imports user_items and exclusions, and makes audiences.
    required_depths()  ->  select audiences.user_id, ..., 100 + coalesce(...) as last_rank ... -#}
{% macro required_depths() %}
    select
        audiences.user_id,
        audiences.audience,
        {{ var("candidates_per_user") | int }}
        + coalesce(owned.item_count, 0) as last_rank
    from audiences
    left join
        (
            select user_id, count(*) as item_count
            from
                (
                    select user_id, item_id
                    from user_items
                    union
                    select user_id, item_id
                    from exclusions
                ) as united
            group by user_id
        ) as owned
        on audiences.user_id = owned.user_id
{% endmacro %}
