-- One row per line of an order, with what the order's first line says of all.
-- max() skips the empty values of the other lines.
with
    orders as (select * from {{ source("raw", "orders") }}),

    final as (
        select
            "Name" as order_name,
            lower(max("Email") over (partition by "Name")) as customer,
            max("Created at") over (partition by "Name") as ordered_at,
            case
                when max("Cancelled at") over (partition by "Name") is not null
                then 'cancelled'
                when
                    max("Financial Status") over (partition by "Name")
                    in ('refunded', 'voided')
                then max("Financial Status") over (partition by "Name")
                else 'purchase'
            end as outcome,
            coalesce(cast("Lineitem sku" as varchar), "Lineitem name") as item,
            "Lineitem name" as title,
            "Vendor" as vendor,
            "Lineitem quantity" as quantity,
            "Lineitem quantity" * "Lineitem price" as amount
        from orders
    )

select *
from final
