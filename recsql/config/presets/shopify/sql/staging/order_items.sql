-- One row per item that was ever ordered, under the name it was last sold under.
with
    lines as (select * from {{ ref("order_lines") }}),

    final as (
        select
            item,
            arg_max(title, (ordered_at, title)) as title,
            arg_max(vendor, (ordered_at, title)) as vendor
        from lines
        group by item
    )

select *
from final
