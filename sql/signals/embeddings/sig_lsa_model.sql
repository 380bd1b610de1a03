-- One row: topics of the items' texts as lists of vectors, of items and of terms.
-- Latent semantic analysis, Deerwester et al. 1990: the best approximation of the term
-- weights by embed_dimensions topics (truncated SVD).
{{ config(enabled=embedding_kind() == "lsa") }}
with
    term_weights as (select * from {{ ref("sig_item_term_weights") }}),

    final as (
        select
            'lsa' as model_name,
            svd_fit(
                list(item_index),
                list(term_index),
                list(cast(weight as float)),
                {'factors':{{ var("embed_dimensions") | int }}}
            ) as factors
        from term_weights
    )

select *
from final
