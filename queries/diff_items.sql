-- One row per item that is in lists of one version only: the 10 that were in most lists
-- and vanished, and the 10 that came into most. `of_items` says how many there are.
-- Asked by `recsql diff`, which attaches both versions; dbt only compiles it.
with
    newer as (select * from {{ source("newer", "rec_for_user") }}),
    older as (select * from {{ source("older", "rec_for_user") }}),

    counted as (
        select item_id, max(item_title) as item_title, 'vanished' as what, count(*) as n
        from older
        where item_id not in (select item_id from newer)
        group by item_id
        union all
        select item_id, max(item_title), 'new', count(*)
        from newer
        where item_id not in (select item_id from older)
        group by item_id
    ),

    numbered as (
        select
            *,
            count(*) over (partition by what) as of_items,
            row_number() over (partition by what order by n desc, item_id) as place
        from counted
    ),

    final as (
        select what, place, of_items, item_id, item_title, n as lists
        from numbered
        where place <= 10
    )

select *
from final
order by what desc, place
