-- One row per (surface, limit_kind, item_id or supplier) of surfaces that are
-- optimized:
-- how much of what is scarce the lists use, and what one more of it is worth.
-- shadow_price: the dual value of the limit in the program of list_programs.
{{ config(enabled=surfaces_use(["optimize"]) == "yes") }}
with
    programs as (select * from {{ ref("list_programs") }}),
    limits as (select * from {{ ref("list_item_limits") }}),
    promises as (select * from {{ ref("list_promises") }}),
    uses as (select * from {{ ref("list_uses") }}),
    items as (select * from {{ ref("int_items") }}),

    found as (select surface, unnest(program.prices, recursive := true) from programs),

    prices as (select surface, item_index, supplier_index, price from found),

    scarce as (
        select
            limits.surface,
            'stock' as limit_kind,
            limits.item_id,
            items.title as item_title,
            limits.supplier,
            limits.stock as bound,
            coalesce(uses.pieces, 0) as used,
            prices.price as shadow_price
        from limits
        inner join items on limits.item_id = items.item_id
        inner join
            prices
            on limits.surface = prices.surface
            and limits.item_index = prices.item_index
        left join
            uses
            on limits.surface = uses.surface
            and limits.item_index = uses.item_index
        where limits.stock is not null
    ),

    promised as (
        select
            promises.surface,
            promises.supplier,
            promises.minimum,
            prices.price,
            sum(uses.slots) as slots
        from promises
        inner join
            prices
            on promises.surface = prices.surface
            and promises.supplier_index = prices.supplier_index
        left join
            limits
            on promises.surface = limits.surface
            and promises.supplier_index = limits.supplier_index
        left join
            uses
            on limits.surface = uses.surface
            and limits.item_index = uses.item_index
        group by promises.surface, promises.supplier, promises.minimum, prices.price
    ),

    united as (
        select *
        from scarce
        union all
        select
            surface,
            'supplier',
            null,
            null,
            supplier,
            minimum,
            coalesce(slots, 0),
            price
        from promised
    ),

    final as (
        select
            united.surface,
            united.limit_kind,
            united.item_id,
            united.item_title,
            united.supplier,
            united.bound,
            cast(united.used as double) as used,
            united.shadow_price,
            programs.program.is_sample as is_sample,
            {{ text(invocation_id) }} as run_id,
            {{ as_timestamp(run_started_at) }} as generated_at
        from united
        inner join programs on united.surface = programs.surface
    )

select *
from final
