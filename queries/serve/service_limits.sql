-- One row per user and item that they alone are not shown, or are shown alone, by
-- places from 0. Kept in memory by the service.
{{ config(enabled=var("serving")) }}
with
    limits as (select * from {{ ref("serve_limits") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select
            limits.user_id,
            items.popularity_rank - 1 as item_place,
            limits.limit_kind = 'allowed' as is_allowed
        from limits
        left join items on limits.item_id = items.item_id
    )

select *
from final
order by user_id, item_place
