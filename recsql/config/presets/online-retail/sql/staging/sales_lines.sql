-- One row per line of an invoice, under the names of the first published layout.
-- The second has Invoice for InvoiceNo, Price for UnitPrice, Customer ID for CustomerID.
with
    sales as (select * from {{ source("raw", "sales") }}),

    final as (
        select
            columns('^Invoice(No)?$') as invoice,
            "StockCode" as stock_code,
            "Description" as title,
            "Quantity" as quantity,
            "InvoiceDate" as sold_at,
            columns('^(Unit)?Price$') as price,
            columns('^Customer ?ID$') as customer,
            "Country" as country
        from sales
    )

select *
from final
