-- One row per user: who is known, and the vector of their taste. Kept in memory by the
-- service.
{{ config(enabled=var("serving")) }}
with
    users as (select * from {{ ref("serve_users") }}),

    final as (select user_id, home_region, order_count, als_factors from users)

select *
from final
order by user_id
