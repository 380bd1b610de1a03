-- One row: factors of users and items, learned from interactions and attributes at
-- once.
-- ALS as in sig_als_model over a matrix with a row more for each value of the items'
-- attributes, below the users, and a column more for each of the users', after the
-- items.
{{ config(enabled="feature_als" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),
    users as (select * from {{ ref("int_users") }}),
    items as (select * from {{ ref("int_items") }}),
    item_features as (select * from {{ ref("sig_item_features") }}),
    user_features as (select * from {{ ref("sig_user_features") }}),

    sizes as (
        select
            (select count(*) from users) as user_count,
            (select count(*) from items where is_eligible or is_new) as item_count
    ),

    cells as (
        select user_index as row_index, item_index as column_index, weight
        from user_items
        where is_eligible and weight <> 0
        union all
        select
            sizes.user_count + item_features.feature_index,
            item_features.item_index,
            {{ var("feature_weight") | float }}
        from item_features
        cross join sizes
        union all
        select
            user_features.user_index,
            sizes.item_count + user_features.feature_index,
            {{ var("feature_weight") | float }}
        from user_features
        cross join sizes
    ),

    fitted as (
        select
            als_fit(
                list(cast(row_index as integer)),
                list(cast(column_index as integer)),
                list(cast(weight as float)),
                {{ als_parameters() }}
            ) as factors
        from cells
    ),

    due as (
        select
            cast(null as timestamp) as fitted_at,
            cast(null as timestamp) as refreshed_at
    ),

    final as ({{ named_fit("feature_als", var("als_factors"), true) }})

select *
from final
