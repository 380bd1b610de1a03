-- One row per (surface, item_id): in how many lists an item is, and where.
-- mean_rank = sum of its places / lists it is in. Ids are text, as in mon_lists.
{{ config(enabled=var("refresh_history")) }}
with
    shown as (select * from {{ ref("rec_for_user") }}),

    final as (
        select
            surface,
            cast(item_id as varchar) as item_id,
            max(item_title) as item_title,
            count(*) as list_count,
            {{ ratio("sum(item_rank)", "count(*)") }} as mean_rank
        from shown
        group by surface, cast(item_id as varchar)
    )

select *
from final
