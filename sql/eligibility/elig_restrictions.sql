-- One row per (kind, user_id, region, item_id, category): an allow or block in force.
-- Null stands for any: a block with a category alone holds for everyone everywhere.
with
    restrictions as (select * from {{ ref("stg_restrictions") }}),
    reference as (select * from {{ ref("int_reference_time") }}),

    final as (
        select kind, user_id, region, item_id, category
        from restrictions
        cross join reference
        where {{ is_current("starts_at", "ends_at") }}
        group by kind, user_id, region, item_id, category
    )

select *
from final
