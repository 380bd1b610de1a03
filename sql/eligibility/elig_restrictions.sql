-- One row per (kind, user_id, region, item_id, category): an allow or block in force.
-- Null stands for any: a block with a category alone holds for everyone everywhere.
with
    restrictions as (select * from {{ ref("stg_restrictions") }}),
    serving as (select * from {{ ref("int_serving_time") }}),

    final as (
        select kind, user_id, region, item_id, category
        from restrictions
        cross join serving
        where {{ is_current("starts_at", "ends_at", "serving") }}
        group by kind, user_id, region, item_id, category
    )

select *
from final
