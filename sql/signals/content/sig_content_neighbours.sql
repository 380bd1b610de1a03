-- One row per (item_index, similar_item_index): the items that read most alike, of
-- those that may be shown anywhere.
-- similarity = cosine of the items' term weights; one call over the whole catalogue.
{{ config(enabled="content" in var("candidate_sources")) }}
with
    term_weights as (select * from {{ ref("sig_item_term_weights") }}),
    scope_items as (select * from {{ ref("elig_scope_items") }}),

    shown as (
        select list(item_index) as item_indexes from scope_items where scope_index = 0
    ),

    matrix as (
        select
            list(item_index) as item_indexes,
            list(term_index) as term_indexes,
            list(weight) as weights
        from term_weights
    ),

    found as (
        select
            unnest(
                nearest_rows(
                    matrix.item_indexes,
                    matrix.term_indexes,
                    matrix.weights,
                    shown.item_indexes,
                    {{ var("content_neighbours") | int }}
                ),
                recursive := true
            )
        from matrix
        cross join shown
    ),

    final as (
        select
            row_index as item_index,
            near_index as similar_item_index,
            score as similarity,
            near_rank as neighbour_rank
        from found
    )

select *
from final
