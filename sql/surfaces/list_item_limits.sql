-- One row per (surface, item_id) of surfaces that are optimized: what an item earns,
-- how
-- much of it there is, and whose it is.
-- supplier_index counts the suppliers of list_promises from 0; -1 for all others.
{{ config(enabled=surfaces_use(["optimize"]) == "yes") }}
with
    items as (select * from {{ ref("int_items") }}),
    attributes as (select * from {{ ref("stg_item_details") }}),
    promises as (select * from {{ ref("list_promises") }}),

    mapped as (
        {% for surface in var("surfaces") if surface.get("optimize") %}
            {% set wanted = surface["optimize"] %}
            select
                {{ text(surface["name"]) }} as surface,
                items.item_id,
                items.item_index,
                cast({{ wanted.get("margin") or 1 }} as double) as margin,
                cast({{ wanted.get("stock") or "null" }} as double) as stock,
                cast({{ wanted.get("supplier") or "null" }} as varchar) as supplier
            from items
            left join attributes on items.item_id = attributes.item_id
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            mapped.surface,
            mapped.item_id,
            mapped.item_index,
            coalesce(mapped.margin, 0) as margin,
            greatest(mapped.stock, 0) as stock,
            mapped.supplier,
            coalesce(promises.supplier_index, -1) as supplier_index
        from mapped
        left join
            promises
            on mapped.surface = promises.surface
            and mapped.supplier = promises.supplier
    )

select *
from final
