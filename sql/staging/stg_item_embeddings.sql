-- One row per item_id of the catalogue that comes with a vector of its own.
-- Entry embedding of var items; of several of an item, the smallest. What is no list of
-- finite numbers, or of another length than most, is not usable; a test stops at it.
{{ config(enabled=embedding_kind() == "mapped") }}
with
    mapped as (
        select
            {{ mapped("items", "item_id") }} as item_id,
            {{ mapped("items", "embedding") }} as embedding,
            try_cast({{ mapped("items", "embedding") }} as float[]) as vector
        from {{ input_relation("items") }} {{ input_filter("items") }}
    ),

    measured as (
        select
            item_id,
            min(vector) as vector,
            coalesce(len(min(vector)), 0) as number_count,
            -- what is not a number is above all numbers
            coalesce(
                len(list_filter(min(vector), lambda number:abs(number) < 1e30)), 0
            ) as finite_count
        from mapped
        where
            item_id is not null
            and case
                when vector is null
                then trim(cast(embedding as varchar)) <> ''
                else true
            end
        group by item_id
    ),

    lengths as (
        select number_count, count(*) as item_count
        from measured
        where number_count > 0 and finite_count = number_count
        group by number_count
    ),

    usual as (
        select number_count
        from lengths
        order by item_count desc, number_count desc
        limit 1
    ),

    final as (
        select
            measured.item_id,
            measured.vector,
            measured.number_count,
            measured.finite_count,
            measured.finite_count = measured.number_count
            and usual.number_count is not null as is_usable
        from measured
        left join usual on measured.number_count = usual.number_count
    )

select *
from final
