-- One row per known user and item: may the item be shown to the user, and if not, the
-- step that removed it. Asked by `recsql explain`, or compiled by dbt with vars
-- asked_user and asked_item.
with
    items as ({{ asked_rows(ref("int_items"), ["item"]) }}),

    user_scopes as ({{ asked_rows(ref("elig_user_scopes"), ["user"]) }}),

    exclusions as ({{ asked_rows(ref("elig_exclusions"), ["user", "item"]) }}),

    scopes as (select * from {{ ref("elig_scopes") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),
    restrictions as (select * from {{ ref("elig_scope_restrictions") }}),
    serving as (select * from {{ ref("int_serving_time") }}),

    asked as (
        select
            user_scopes.scope_index,
            scopes.region,
            items.item_id,
            items.visit_count,
            items.available_from,
            items.available_to,
            items.is_eligible or items.is_new as is_known_enough,
            {{ is_current("items.available_from", "items.available_to", "serving") }}
            as is_sold,
            scope_items.item_id is not null as is_in_scope,
            exclusions.exclusion
        from user_scopes
        cross join items
        cross join serving
        inner join
            scopes
            on user_scopes.scope_index = scopes.scope_index
            and user_scopes.surface is null
        left join
            scope_items
            on user_scopes.scope_index = scope_items.scope_index
            and items.item_id = scope_items.item_id
        left join exclusions on true
    ),

    -- per level: is there an allow list without the item, or a block of it?
    restricted as (
        select
            restrictions.kind,
            restrictions.level,
            count(
                case when restrictions.item_id = asked.item_id then 1 end
            ) as mention_count
        from restrictions
        inner join asked on restrictions.scope_index = asked.scope_index
        group by restrictions.kind, restrictions.level
    ),

    listed as (
        select
            min(
                case when kind = 'allow' and mention_count = 0 then level end
            ) as missing_level,
            min(
                case
                    when kind = 'block' and level <> 'user' and mention_count > 0
                    then level
                end
            ) as blocked_level
        from restricted
    ),

    explained as (
        select
            case
                when not asked.is_known_enough
                then
                    concat(
                        'in too few baskets: ',
                        cast(asked.visit_count as varchar),
                        ' of min_item_baskets ',
                        {{ text(var("min_item_baskets")) }}
                    )
                when not asked.is_sold
                then
                    concat(
                        'not available now, only',
                        ' from ' || cast(asked.available_from as varchar),
                        ' until ' || cast(asked.available_to as varchar)
                    )
                when not asked.is_in_scope and listed.blocked_level is not null
                then concat('blocked by a restriction for: ', listed.blocked_level)
                when not asked.is_in_scope and listed.missing_level is not null
                then concat('not on the allow list for: ', listed.missing_level)
                when not asked.is_in_scope
                then concat('not available in ', coalesce(asked.region, 'any region'))
                when asked.exclusion = 'blocked'
                then 'blocked by a restriction for: user'
                when asked.exclusion = 'disliked'
                then 'the user dislikes it: a weight below 0'
            end as obstacle
        from asked
        cross join listed
    ),

    final as (
        select
            'eligibility' as what,
            case
                when obstacle is null then 'may be shown' else 'never shown'
            end as verdict,
            coalesce(obstacle, 'available, on every allow list, not blocked') as detail
        from explained
    )

select *
from final
