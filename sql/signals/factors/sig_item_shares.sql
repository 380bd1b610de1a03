-- One row per eligible item that a user likes: its share of all weight.
-- share = sum of its pairs' weights / sum over all items; weights above 0 only.
{{ config(enabled=fitted_models() != "") }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    weighed as (
        select item_id, {{ stable_sum("weight") }} as item_weight
        from user_items
        where is_eligible and weight > 0
        group by item_id
    ),

    total as (select {{ stable_sum("item_weight") }} as total_weight from weighed),

    final as (
        select
            weighed.item_id,
            {{ ratio("weighed.item_weight", "total.total_weight") }} as share
        from weighed
        cross join total
    )

select *
from final
