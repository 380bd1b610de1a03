-- One row per item_id of the catalogue that comes with a vector of its own.
-- Entry embedding of var items; of several of an item, the smallest.
{{ config(enabled=embedding_kind() == "mapped") }}
with
    mapped as (
        select
            {{ mapped("items", "item_id") }} as item_id,
            cast({{ mapped("items", "embedding") }} as float[]) as vector
        from {{ input_relation("items") }} {{ input_filter("items") }}
    ),

    final as (
        select item_id, min(vector) as vector
        from mapped
        where item_id is not null and vector is not null
        group by item_id
    )

select *
from final
