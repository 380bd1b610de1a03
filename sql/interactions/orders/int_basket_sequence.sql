-- One row per (user_id, basket_index): a user's baskets in order of time, from 1.
-- Baskets of one moment, as dates without a time are, have one number: they are one
-- step, of which nothing follows another.
{{ config(enabled="sequential" in var("candidate_sources")) }}
with
    baskets as (select * from {{ ref("int_baskets") }}),

    numbered as (
        select
            user_id,
            basket_index,
            dense_rank() over (partition by user_id order by basket_at) as basket_number
        from baskets
        where user_id is not null and is_order
    ),

    final as (
        select
            user_id,
            basket_number,
            basket_index,
            max(basket_number) over (partition by user_id)
            - basket_number as later_count
        from numbered
    )

select *
from final
