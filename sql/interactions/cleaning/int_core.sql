-- One row per (user_id, item_id) in the core: users with enough items, items with
-- enough users, both counted within the core (Batagelj and Zaversnik 2003, on two
-- sides).
-- core_rounds rounds, each without the users, then the items, that have too few.
{{
    config(
        enabled=(var("core_min_items_per_user") or var("core_min_users_per_item")) > 0
    )
}}
{% set rounds = range(1, (var("core_rounds") | int) + 1) %}
with
    lines as (select * from {{ ref("int_line_checks") }}),

    pairs_0 as (
        select user_id, item_id
        from lines
        where rejection_reason is null and user_id is not null
        group by user_id, item_id
    ),

    {% for round in rounds %}
        by_users_{{ round }} as (
            select user_id, item_id
            from pairs_{{ round - 1 }}
            qualify
                count(*) over (partition by user_id)
                >= {{ var("core_min_items_per_user") | int }}
        ),

        pairs_{{ round }} as (
            select user_id, item_id
            from by_users_{{ round }}
            qualify
                count(*) over (partition by item_id)
                >= {{ var("core_min_users_per_item") | int }}
        ),
    {% endfor %}

    final as (select user_id, item_id from pairs_{{ rounds | last }})

select *
from final
