-- One row: ALS factors of all users and items that have interactions, as two lists.
-- Hu, Koren and Volinsky 2008; the whole matrix goes to Python in this one call. A
-- negative weight is confidence that the user does not want the item.
{{ config(enabled="als" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    final as (
        select
            als_fit(
                list(user_index),
                list(item_index),
                list(cast(weight as float)),
                {
                    'factors':{{ var("als_factors") | int }},
                    'regularization':{{ var("als_regularization") | float }},
                    'alpha':{{ var("als_alpha") | float }},
                    'iterations':{{ var("als_iterations") | int }},
                    'seed':{{ var("als_seed") | int }}
                }
            ) as factors
        from user_items
        where is_eligible and weight <> 0
    )

select *
from final
