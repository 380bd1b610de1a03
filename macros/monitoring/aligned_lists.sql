{#- aligned_lists(newer, older, depth): the body of a CTE with a row per user, surface and item of two
    lists: its rank in each, null where it is not in the first `depth` places.
    aligned_lists("newer", "older", 10)  ->  select user_id, surface, item_id, max(newer_rank) ... -#}
{% macro aligned_lists(newer, older, depth) %}
    select
        user_id,
        surface,
        item_id,
        max(newer_rank) as newer_rank,
        max(older_rank) as older_rank
    from
        (
            select
                user_id, surface, item_id, item_rank as newer_rank, null as older_rank
            from {{ newer }}
            where item_rank <= {{ depth | int }}
            union all
            select user_id, surface, item_id, null, item_rank
            from {{ older }}
            where item_rank <= {{ depth | int }}
        ) as both_lists
    group by user_id, surface, item_id
{% endmacro %}
