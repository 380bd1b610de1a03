-- One row per line of an invoice, under the names of the first published layout.
-- The second has Invoice for InvoiceNo, Price for UnitPrice, Customer ID for
-- CustomerID:
-- inside lateral a name that sales has is its column, and NULL of `absent` if not.
with
    sales as (select * from {{ source("raw", "sales") }}),

    absent as (
        select
            null as "Invoice",
            null as "InvoiceNo",
            null as "Price",
            null as "UnitPrice",
            null as "Customer ID",
            null as "CustomerID"
    ),

    final as (
        select
            line.invoice_text as invoice,
            line.stock_code,
            line.title,
            line.line_quantity as quantity,
            line.sold_at,
            line.unit_price as price,
            line.buyer as customer,
            line.sold_in as country
        from absent
        cross join
            lateral(
                select
                    coalesce("InvoiceNo", "Invoice") as invoice_text,
                    "StockCode" as stock_code,
                    "Description" as title,
                    "Quantity" as line_quantity,
                    "InvoiceDate" as sold_at,
                    coalesce("UnitPrice", "Price") as unit_price,
                    coalesce("CustomerID", "Customer ID") as buyer,
                    "Country" as sold_in
                from sales
            ) as line
    )

select *
from final
