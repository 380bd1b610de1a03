-- One row: BPR factors of all users and items that have interactions, as two lists.
-- Rendle et al. 2009; the weight plays no part, only what was taken does.
{{
    config(
        enabled="bpr" in var("candidate_sources"),
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
            bpr_fit(
                list(user_index),
                list(item_index),
                list(cast(weight as float)),
                {
                    'factors':{{ var("bpr_factors") | int }},
                    'learning_rate':{{ var("bpr_learning_rate") | float }},
                    'regularization':{{ var("bpr_regularization") | float }},
                    'iterations':{{ var("bpr_iterations") | int }},
                    'seed':{{ var("bpr_seed") | int }}
                }
            ) as factors
        from user_items
        cross join due
        where is_eligible and weight > 0
    ),

    final as ({{ named_fit("bpr", var("bpr_factors")) }})

select *
from final
