-- One row per (user_id, basket_number): a user's baskets in order of time, from 1.
{{ config(enabled="sequential" in var("candidate_sources")) }}
with
    baskets as (select * from {{ ref("int_baskets") }}),

    final as (
        select
            user_id,
            row_number() over (
                partition by user_id order by basket_at, basket_id
            ) as basket_number,
            basket_index,
            count(*) over (partition by user_id) - row_number() over (
                partition by user_id order by basket_at, basket_id
            ) as later_count
        from baskets
        where user_id is not null and is_order
    )

select *
from final
