-- One row per (item_index, term_index): how much a term says of an item.
-- weight by content_weighting (macro feature_weight), each item scaled to length 1.
{{ config(enabled="content" in var("candidate_sources") or embedding_kind() == "lsa") }}
with
    terms as (select * from {{ ref("sig_item_terms") }}),

    lengths as (
        select item_index, cast(sum(term_count) as double) as item_length
        from terms
        group by item_index
    ),

    corpus as (
        select count(*) as item_count, avg(item_length) as mean_length from lengths
    ),

    weighed as (
        select
            terms.item_index,
            terms.term,
            terms.term_index,
            {{
                feature_weight(
                    var("content_weighting"),
                    "terms.term_count",
                    "terms.term_item_count",
                    "corpus.item_count",
                    ratio("lengths.item_length", "corpus.mean_length"),
                )
            }} as weight
        from terms
        inner join lengths on terms.item_index = lengths.item_index
        cross join corpus
    ),

    scaled as (
        select item_index, sqrt({{ stable_sum("weight * weight") }}) as item_norm
        from weighed
        group by item_index
    ),

    final as (
        select
            weighed.item_index,
            weighed.term,
            weighed.term_index,
            {{ ratio("weighed.weight", "scaled.item_norm") }} as weight
        from weighed
        inner join scaled on weighed.item_index = scaled.item_index
        where scaled.item_norm > 0
    )

select *
from final
