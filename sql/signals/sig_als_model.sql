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
                {{ als_parameters() }}
            ) as factors
        from user_items
        where {{ learned_cells() }} and weight <> 0
    )

select *
from final
