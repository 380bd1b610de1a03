-- One row: how many baskets have lines that lie more than max_basket_days apart.
{% set most = var("max_basket_days") %}
with
    spread as (select * from {{ ref("int_spread_baskets") }}),

    final as (
        select
            {{ "null" if most is none else most | int }} as max_basket_days,
            count(*) as basket_count,
            cast(coalesce(sum(line_count), 0) as bigint) as line_count,
            max(days) as largest_days,
            min(basket_id) as example
        from spread
    )

select *
from final
