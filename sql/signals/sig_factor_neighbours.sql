-- One row per (model_name, item_index, similar_item_index): items whose factors point
-- the same way, by each model of var similar_items.
-- similarity = cosine of both items' factors without biases, above 0 at six decimals.
{{ config(enabled=var("similar_items") != []) }}
with
    models as (select * from {{ ref("sig_factor_models") }}),
    item_factors as (select * from {{ ref("sig_item_factors") }}),

    vectors as (
        select
            item_factors.model_name,
            item_factors.item_index,
            cast(item_factors.factors as double[])[1:models.dimensions] as vector
        from item_factors
        inner join models on item_factors.model_name = models.model_name
        where models.model_name in ('{{ var("similar_items") | join("', '") }}')
    ),

    unit_vectors as (
        select
            model_name,
            item_index,
            cast(
                list_transform(
                    vector,
                    lambda number:coalesce(
                        number / nullif(sqrt(list_inner_product(vector, vector)), 0), 0
                    )
                ) as float[]
            ) as vector
        from vectors
    ),

    found as (
        select
            model_name,
            unnest(
                top_items(
                    list(item_index order by item_index),
                    list(vector order by item_index),
                    list(vector order by item_index),
                    {'user_index':list(item_index), 'item_index':list(item_index)},
                    null,
                    {{ var("similar_items_per_item") | int }}
                ),
                recursive := true
            )
        from unit_vectors
        group by model_name
    ),

    final as (
        select
            model_name,
            user_index as item_index,
            item_index as similar_item_index,
            cast(score as double) as similarity,
            row_number() over (
                partition by model_name, user_index order by score desc, item_index
            ) as neighbour_rank
        from found
        where score >= 5e-7
    )

select *
from final
