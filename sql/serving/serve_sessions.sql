-- One row per (session_number, item_id): the latest orders and what was in them, from
-- 1, the latest. Neighbours of running sessions, as of VMIS-kNN (Kersbergen et al.
-- 2022).
{{ config(enabled=var("serving")) }}
with
    sessions as (select * from {{ ref("sig_recent_sessions") }}),
    items as (select * from {{ ref("int_items") }}),

    final as (
        select sessions.session_number, items.item_id, sessions.session_at
        from sessions
        inner join items on sessions.item_index = items.item_index
    )

select *
from final
