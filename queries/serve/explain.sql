-- One row per fact about a user and an item, by surface: the rank it is shown at, what
-- its score is made of, its place in the reserve, or what took it off.
-- @get /explain/{user}/{item}
-- @token history
-- @param user text: The user's id.
-- @param item text: The item's id.
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
        where cast(user_id as varchar) = $user and cast(item_id as varchar) = $item
        union all
        select
            surface,
            'part of its score',
            part_rank,
            candidate_source,
            coalesce(concat(part, ': ', reason_title), part),
            contribution
        from parts
        where cast(user_id as varchar) = $user and cast(item_id as varchar) = $item
        union all
        select
            surface,
            'left out',
            plain_rank,
            candidate_source,
            concat(step, coalesce(concat(' by rule ', rule_name), '')),
            null
        from excluded
        where cast(user_id as varchar) = $user and cast(item_id as varchar) = $item
        union all
        select 'all', 'not eligible', null, null, obstacle, null
        from items
        where cast(item_id as varchar) = $item and not is_eligible
        {% if var("serving") %}
            union all
            select surface, 'in reserve', item_rank, candidate_source, reason, score
            from {{ ref("serve_reserve") }}
            where cast(user_id as varchar) = $user and cast(item_id as varchar) = $item
        {% endif %}
    )

select *
from final
order by surface, what desc, place
