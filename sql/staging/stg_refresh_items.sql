-- One row per (surface, item_id): what mon_list_items was when last published.
{{ config(enabled=var("refresh_history")) }}
with
    items as (select * from {{ source("history", "refresh_items") }}),

    final as (select surface, item_id, item_title, list_count, mean_rank from items)

select *
from final
