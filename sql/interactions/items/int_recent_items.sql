-- One row per item that came in the last new_item_days before lists are shown.
-- Apart from int_item_ages, as it changes by the item and not by the minute: what reads
-- it need not be built because time passed.
with
    ages as (select * from {{ ref("int_item_ages") }}),
    serving as (select * from {{ ref("int_serving_time") }}),

    final as (
        select ages.item_id
        from ages
        cross join serving
        where
            {{ days_between("ages.came_at", "serving.shown_at") }} >= 0
            and {{ days_between("ages.came_at", "serving.shown_at") }}
            <= {{ var("new_item_days") | float }}
    )

select *
from final
