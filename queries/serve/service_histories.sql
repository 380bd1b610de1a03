-- One row per user and item of their history: its weight, and whether it is a repeat.
-- item_place counts from 0, the most popular. Kept in memory by the service.
{{ config(enabled=var("serving")) }}
with
    histories as (select * from {{ ref("serve_histories") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select
            histories.user_id,
            items.popularity_rank - 1 as item_place,
            histories.weight,
            histories.is_repeat
        from histories
        inner join items on histories.item_id = items.item_id
    )

select *
from final
order by user_id, item_place
