-- One row per (item_index, similar_item_index): the items whose vectors point most the
-- same way, of those that may be shown anywhere.
-- similarity = cosine, above 0 at six decimals; exact, some items at a time.
{{ config(enabled=embedding_kind() != "") }}
with
    vectors as (select * from {{ ref("sig_item_vectors") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    shown as (
        select
            vectors.item_index,
            vectors.vector,
            cast(
                row_number() over (order by vectors.item_index) - 1 as integer
            ) as place
        from vectors
        inner join scope_items on vectors.item_index = scope_items.item_index
        where scope_items.scope_index = 0
    ),

    found as (
        select
            unnest(
                top_items(
                    list(item_index order by item_index),
                    list(vector order by item_index),
                    (select list(vector order by place) from shown),
                    (
                        select {'user_index':list(item_index), 'item_index':list(place)}
                        from shown
                    ),
                    null,
                    {{ var("content_neighbours") | int }}
                ),
                recursive := true
            )
        from vectors
    ),

    nearest as (
        select
            user_index as item_index,
            item_index as place,
            cast(score as double) as similarity
        from found
        where score >= 5e-7
    ),

    final as (
        select
            nearest.item_index,
            shown.item_index as similar_item_index,
            nearest.similarity,
            row_number() over (
                partition by nearest.item_index
                order by nearest.similarity desc, shown.item_index
            ) as neighbour_rank
        from nearest
        inner join shown on nearest.place = shown.place
    )

select *
from final
