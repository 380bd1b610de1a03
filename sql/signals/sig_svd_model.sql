-- One row: SVD factors of all users and items that have interactions, as two lists.
-- PureSVD, Cremonesi et al. 2010: the best approximation of rank svd_factors.
{{
    config(
        enabled="svd" in var("candidate_sources"),
        materialized=fitted_as(),
        unique_key="model_name",
    )
}}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    owners as (select * from {{ ref("int_owners") }}),
    refit as (select * from {{ ref("sig_refit") }}),

    due as ({{ due_fit(this) }}),

    fitted as (
        select
            svd_fit(
                list(user_index),
                list(item_index),
                list({{ cell_weight(var("svd_weights")) }}),
                {'factors':{{ var("svd_factors") | int }}}
            ) as factors
        from user_items
        cross join due
        where {{ learned_cells() }} and weight > 0
    ),

    final as ({{ named_fit("svd", var("svd_factors")) }})

select *
from final
