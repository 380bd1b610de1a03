-- One row per item: since when it may be taken, and how old it is when lists are shown.
-- age_days = whole days from available_from, or else from when it was first taken.
with
    counted as (select * from {{ ref("int_item_counts") }}),
    catalogue as (select * from {{ ref("stg_items") }}),
    serving as (select * from {{ ref("int_serving_time") }}),

    dated as (
        select
            coalesce(counted.item_id, catalogue.item_id) as item_id,
            coalesce(catalogue.available_from, counted.first_at) as came_at
        from counted
        full join catalogue on counted.item_id = catalogue.item_id
    ),

    final as (
        select
            dated.item_id,
            dated.came_at,
            cast(
                floor({{ days_between("dated.came_at", "serving.shown_at") }}) as double
            ) as age_days
        from dated
        cross join serving
    )

select *
from final
