{#- required_depths(audiences): the body of a CTE with the rank down to which a list for everyone
    must go to hold n items that are new to a user: n, and one more for each item the user
    has or is never shown.
    required_depths("audiences")  ->  select audiences.user_id, ..., 100 + ... as last_rank ... -#}
{% macro required_depths(audiences) %}
    select
        {{ audiences }}.user_id,
        {{ audiences }}.audience,
        {{ var("candidates_per_user") | int }}
        + coalesce(owned.item_count, 0) as last_rank
    from {{ audiences }}
    left join
        (
            select user_id, count(*) as item_count
            from
                (
                    select user_id, item_id
                    from {{ ref("int_user_items") }}
                    union
                    select user_id, item_id
                    from {{ ref("elig_exclusions") }}
                ) as united
            group by user_id
        ) as owned
        on {{ audiences }}.user_id = owned.user_id
{% endmacro %}
