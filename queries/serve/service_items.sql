-- One row per item, the most popular first: what scores of running requests are of.
-- Kept in memory by the service.
{{ config(enabled=var("serving")) }}
with
    items as (select * from {{ ref("serve_items") }}),

    final as (
        select item_id, item_title, category, is_eligible, popularity_rank, als_factors
        from items
    )

select *
from final
order by popularity_rank
