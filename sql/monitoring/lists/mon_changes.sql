-- One row per (surface, item_id) whose place in lists is not what it was in the version
-- published before: what entered, left or moved. Empty where there was none.
-- list_change = lists it is in now - lists it was in.
{{ config(enabled=var("refresh_history")) }}
with
    newer as (select * from {{ ref("mon_list_items") }}),
    older as (select * from {{ ref("stg_refresh_items") }}),
    refreshes as (select * from {{ ref("mon_refreshes") }}),

    baseline as (
        select baseline_run_id
        from refreshes
        where refreshes_ago = 0 and exists (select 1 from older)
    ),

    joined as (
        select
            coalesce(newer.surface, older.surface) as surface,
            coalesce(newer.item_id, older.item_id) as item_id,
            coalesce(newer.item_title, older.item_title) as item_title,
            case
                when older.item_id is null
                then 'entered'
                when newer.item_id is null
                then 'left'
                else 'moved'
            end as change,
            coalesce(older.list_count, 0) as older_list_count,
            coalesce(newer.list_count, 0) as newer_list_count,
            older.mean_rank as older_mean_rank,
            newer.mean_rank as newer_mean_rank
        from newer
        full join
            older on newer.surface = older.surface and newer.item_id = older.item_id
    ),

    final as (
        select
            joined.surface,
            joined.item_id,
            joined.item_title,
            joined.change,
            joined.older_list_count,
            joined.newer_list_count,
            joined.newer_list_count - joined.older_list_count as list_change,
            joined.older_mean_rank,
            joined.newer_mean_rank,
            baseline.baseline_run_id,
            {{ run_stamp() }}
        from joined
        cross join baseline
        where
            joined.change <> 'moved'
            or joined.older_list_count <> joined.newer_list_count
            or joined.older_mean_rank <> joined.newer_mean_rank
    )

select *
from final
