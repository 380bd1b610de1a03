-- One row per (item_index, user_index): how much a user says of an eligible item.
-- weight by knn_weighting (macro feature_weight) over the item's length +
-- knn_shrinkage.
{{ config(enabled="item_knn" in var("candidate_sources")) }}
with
    user_items as (select * from {{ ref("int_user_items") }}),

    taken as (
        select user_index, item_index, cast(basket_count as double) as amount
        from user_items
        where is_eligible and weight > 0
    ),

    users as (
        select user_index, count(*) as user_item_count from taken group by user_index
    ),

    lengths as (
        select item_index, {{ stable_sum("amount") }} as item_length
        from taken
        group by item_index
    ),

    corpus as (
        select
            count(*) as item_count,
            {{ ratio(stable_sum("item_length"), "count(*)") }} as mean_length
        from lengths
    ),

    weighed as (
        select
            taken.item_index,
            taken.user_index,
            {{
                feature_weight(
                    var("knn_weighting"),
                    "taken.amount",
                    "users.user_item_count",
                    "corpus.item_count",
                    ratio("lengths.item_length", "corpus.mean_length"),
                )
            }} as weight
        from taken
        inner join users on taken.user_index = users.user_index
        inner join lengths on taken.item_index = lengths.item_index
        cross join corpus
    ),

    scaled as (
        select
            item_index,
            sqrt({{ stable_sum("weight * weight") }})
            + {{ var("knn_shrinkage") | float }} as item_norm
        from weighed
        group by item_index
    ),

    final as (
        select
            weighed.item_index,
            weighed.user_index,
            {{ ratio("weighed.weight", "scaled.item_norm") }} as weight
        from weighed
        inner join scaled on weighed.item_index = scaled.item_index
        where scaled.item_norm > 0
    )

select *
from final
