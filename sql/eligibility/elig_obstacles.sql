-- One row per item_id that may be shown to nobody: the first step that removes it from
-- every list.
with
    items as (select * from {{ ref("int_items") }}),
    offers as (select * from {{ ref("elig_region_items") }}),
    restrictions as (select * from {{ ref("elig_scope_restrictions") }}),
    serving as (select * from {{ ref("int_serving_time") }}),

    -- scope 0: restrictions of everybody
    mentioned as (
        select
            item_id,
            max(case when kind = 'block' then 1 else 0 end) = 1 as is_blocked,
            max(case when kind = 'allow' then 1 else 0 end) = 1 as is_allowed
        from restrictions
        where scope_index = 0
        group by item_id
    ),

    allowed as (
        select count(*) as item_count
        from restrictions
        where scope_index = 0 and kind = 'allow'
    ),

    final as (
        select
            items.item_id,
            case
                when not (items.is_eligible or items.is_new)
                then
                    concat(
                        'in too few baskets: ',
                        cast(items.visit_count as varchar),
                        ' of min_item_baskets ',
                        {{ text(var("min_item_baskets")) }}
                    )
                when
                    not (
                        {{
                            is_current(
                                "items.available_from",
                                "items.available_to",
                                "serving",
                            )
                        }}
                    )
                then 'not available now'
                when coalesce(mentioned.is_blocked, false)
                then 'blocked for everybody'
                when
                    allowed.item_count > 0 and not coalesce(mentioned.is_allowed, false)
                then 'not on the allow list'
                else 'not available in any region'
            end as obstacle
        from items
        cross join serving
        cross join allowed
        left join mentioned on items.item_id = mentioned.item_id
        left join offers on items.item_id = offers.item_id and offers.region = 'all'
        where offers.item_id is null
    )

select *
from final
