-- One row per order and item in it, the latest first, by places from 0. Kept in memory
-- by the service.
{{ config(enabled=var("serving")) }}
with
    sessions as (select * from {{ ref("serve_sessions") }}),
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select sessions.session_number, items.popularity_rank - 1 as item_place
        from sessions
        inner join items on sessions.item_id = items.item_id
    )

select *
from final
order by session_number, item_place
