-- One row: ALS factors of all users and items that have interactions, as two lists.
-- Hu, Koren and Volinsky 2008; the whole matrix goes to Python in this one call. A
-- negative weight is confidence that the user does not want the item.
{{
    config(
        enabled="als" in var("candidate_sources"),
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
            als_fit(
                list(user_index),
                list(item_index),
                list(cast(weight as float)),
                {{ als_parameters() }}
            ) as factors
        from user_items
        cross join due
        where {{ learned_cells() }} and weight <> 0
    ),

    final as ({{ named_fit("als", var("als_factors")) }})

select *
from final
