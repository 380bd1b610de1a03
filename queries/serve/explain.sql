-- One row per fact about a user and an item, by surface: the rank it is shown at, what
-- its score is made of, its place in the reserve, or what took it off.
-- @get /explain/{user}/{item}
-- @token history
-- @param user user: The user's id.
-- @param item item: The item's id.
with
    shown as (select * from {{ ref("rec_for_user") }}),
    parts as (select * from {{ ref("rec_explanations") }}),
    excluded as (select * from {{ ref("rec_excluded") }}),
    items as (select * from {{ ref("rec_items") }}),

    final as (
        select
            surface,
            'shown' as what,
            item_rank as place,
            candidate_source as source,
            reason,
            score as figure
        from shown
        where user_id = $user and item_id = $item
        union all
        select
            surface,
            'part of its score',
            part_rank,
            candidate_source,
            coalesce(concat(part, ': ', reason_title), part),
            contribution
        from parts
        where user_id = $user and item_id = $item
        union all
        select
            surface,
            'left out',
            item_rank,
            candidate_source,
            concat(step, coalesce(concat(' by rule ', rule_name), '')),
            null
        from excluded
        where user_id = $user and item_id = $item
        union all
        select 'all', 'not eligible', null, null, obstacle, null
        from items
        where item_id = $item and not is_eligible
        {% if var("serving") %}
            union all
            select surface, 'in reserve', item_rank, candidate_source, reason, score
            from {{ ref("serve_reserve") }}
            where user_id = $user and item_id = $item
        {% endif %}
    )

select *
from final
order by surface, what desc, place
