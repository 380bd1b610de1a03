-- No basket has lines that lie more than max_basket_days apart.
{{ config(severity="warn") }}
with
    spread as (select * from {{ ref("mon_spread_baskets") }}),

    final as (
        select
            concat(
                cast(basket_count as varchar),
                ' baskets have lines more than ',
                cast(max_basket_days as varchar),
                ' days apart (var max_basket_days), such as ',
                {{ quoted_text("example") }}
            ) as problem
        from spread
        where basket_count > 0
    )

select *
from final
