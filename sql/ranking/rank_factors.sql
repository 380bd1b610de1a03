-- One row per (user_index, item_index): what ALS says of a pair, in its top or not.
{{ config(enabled=ranker_wants("factors") == "yes") }}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    user_factors as (select * from {{ ref("sig_als_user_factors") }}),
    item_factors as (select * from {{ ref("sig_als_item_factors") }}),

    multiplied as (
        select
            pairs.user_index,
            pairs.item_index,
            list_inner_product(user_factors.factors, item_factors.factors) as product,
            list_inner_product(
                user_factors.factors, user_factors.factors
            ) as user_square,
            list_inner_product(
                item_factors.factors, item_factors.factors
            ) as item_square
        from pairs
        inner join user_factors on pairs.user_index = user_factors.user_index
        inner join item_factors on pairs.item_index = item_factors.item_index
    ),

    final as (
        select
            user_index,
            item_index,
            product as factor_product,
            {{ ratio("product", "sqrt(user_square) * sqrt(item_square)") }}
            as factor_cosine
        from multiplied
    )

select *
from final
