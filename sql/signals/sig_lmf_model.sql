-- One row: LMF factors of all users and items that have interactions, as two lists.
-- Johnson 2014: the odds that a user takes an item, by logistic regression.
{{
    config(
        enabled="lmf" in var("candidate_sources"),
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
            lmf_fit(
                list(user_index),
                list(item_index),
                list(cast(weight as float)),
                {
                    'factors':{{ var("lmf_factors") | int }},
                    'learning_rate':{{ var("lmf_learning_rate") | float }},
                    'regularization':{{ var("lmf_regularization") | float }},
                    'negatives':{{ var("lmf_negatives") | int }},
                    'iterations':{{ var("lmf_iterations") | int }},
                    'seed':{{ var("lmf_seed") | int }}
                }
            ) as factors
        from user_items
        cross join due
        where is_eligible and weight > 0
    ),

    final as ({{ named_fit("lmf", var("lmf_factors")) }})

select *
from final
