-- One row per table of either version: its rows in both.
-- Asked by `recsql diff`, which attaches both versions; dbt only compiles it.
with
    newer as (select * from {{ source("newer", "manifest") }}),
    older as (select * from {{ source("older", "manifest") }}),

    final as (
        select
            coalesce(newer.table_name, older.table_name) as table_name,
            older.row_count as older_rows,
            newer.row_count as newer_rows,
            coalesce(newer.row_count, 0) - coalesce(older.row_count, 0) as difference
        from newer
        full join older on newer.table_name = older.table_name
    )

select *
from final
order by table_name
