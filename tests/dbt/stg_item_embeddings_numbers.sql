-- Vectors that the catalogue brings hold finite numbers, and some.
{{ config(enabled=embedding_kind() == "mapped") }}
with
    embeddings as (select * from {{ ref("stg_item_embeddings") }}),

    -- what is not a number is above all numbers
    counted as (
        select
            item_id,
            len(vector) as number_count,
            len(list_filter(vector, lambda number:abs(number) < 1e30)) as finite_count
        from embeddings
    ),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                ' has an embedding of ',
                cast(number_count as varchar),
                ' entries, ',
                cast(finite_count as varchar),
                ' of them finite numbers; mend it, or let entry embedding of var items ',
                'be null for it'
            ) as problem
        from counted
        where finite_count < number_count or number_count = 0
    )

select *
from final
