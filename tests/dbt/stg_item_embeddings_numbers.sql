-- Vectors that the catalogue brings hold finite numbers, and all as many.
{{ config(enabled=embedding_kind() == "mapped") }}
with
    embeddings as (select * from {{ ref("stg_item_embeddings") }}),

    final as (
        select
            concat(
                'item ',
                cast(item_id as varchar),
                case
                    when vector is null
                    then
                        ' has an embedding that is no list of numbers, such as [0.5, 1]'
                    when number_count > 0 and finite_count = number_count
                    then
                        concat(
                            ' has an embedding of ',
                            cast(number_count as varchar),
                            ' numbers; that of most items has another count'
                        )
                    else
                        concat(
                            ' has an embedding of ',
                            cast(number_count as varchar),
                            ' entries, ',
                            cast(finite_count as varchar),
                            ' of them finite numbers'
                        )
                end,
                '; mend it, or let entry embedding of var items be null for it'
            ) as problem
        from embeddings
        where not is_usable
    )

select *
from final
