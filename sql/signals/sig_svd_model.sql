-- One row: SVD factors of all users and items that have interactions, as two lists.
-- PureSVD, Cremonesi et al. 2010: the best approximation of rank svd_factors.
{{ config(enabled="svd" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    final as (
        select
            svd_fit(
                list(user_index),
                list(item_index),
                list({{ cell_weight(var("svd_weights")) }}),
                {'factors':{{ var("svd_factors") | int }}}
            ) as factors
        from user_items
        where {{ learned_cells() }} and weight > 0
    )

select *
from final
