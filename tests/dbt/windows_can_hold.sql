-- An item whose window ends before it starts, or as it does, can never be shown.
-- What could not be read is counted elsewhere, and ends before all time (window_end).
{{ config(severity="warn") }}
with
    items as (select * from {{ ref("stg_items") }}),
    availability as (select * from {{ ref("stg_availability") }}),

    united as (
        select 'items' as input_name, item_id, available_from, available_to
        from items
        union all
        select 'availability', item_id, available_from, available_to
        from availability
    ),

    final as (
        select
            concat(
                cast(count(*) as varchar),
                ' rows of input ',
                input_name,
                ' have available_to before available_from, such as item ',
                {{ quoted_text("min(cast(item_id as varchar))") }},
                ': these are never shown'
            ) as problem
        from united
        where
            available_to <= available_from
            and available_to > timestamp '0001-01-01 00:00:00'
        group by input_name
    )

select *
from final
