-- One row per (user_id, surface, item_rank): what mon_lists was when last published.
{{ config(enabled=var("refresh_history")) }}
with
    lists as (select * from {{ source("history", "refresh_lists") }}),

    final as (select user_id, surface, item_id, item_rank from lists)

select *
from final
