-- The catalogue lists no item in more than one row, unless it is read from the events.
{{
    config(
        severity="warn",
        enabled=var("items").get("table") != var("events").get("table"),
    )
}}
with
    repeated as (select * from {{ ref("mon_repeated_items") }}),

    final as (
        select
            concat(
                cast(repeated_count as varchar),
                ' of ',
                cast(item_count as varchar),
                ' items are in several rows of the catalogue, such as ',
                {{ quoted_text("example") }},
                ': each category counts, the longest title, of other columns those of ',
                'its row, of two attributes the smaller'
            ) as problem
        from repeated
        where repeated_count > 0
    )

select *
from final
