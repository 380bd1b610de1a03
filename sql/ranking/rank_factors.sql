-- One row per (user_index, item_index): what ALS says of a pair, in its top or not.
{{ config(enabled=ranker_wants("factors") == "yes") }}
with
    pairs as (select * from {{ ref("rank_pairs") }}),
    user_factors as (
        select * from {{ ref("sig_user_factors") }} where model_name = 'als'
    ),
    item_factors as (
        select * from {{ ref("sig_item_factors") }} where model_name = 'als'
    ),

    {% for side in ["user", "item"] %}
        {{ side }}_vectors as (
            select
                {{ side }}_index,
                cast(factors as double[]) as factors,
                list_inner_product(
                    cast(factors as double[]), cast(factors as double[])
                ) as square
            from {{ side }}_factors
        ),
    {% endfor %}

    multiplied as (
        select
            pairs.user_index,
            pairs.item_index,
            list_inner_product(user_vectors.factors, item_vectors.factors) as product,
            sqrt(user_vectors.square) * sqrt(item_vectors.square) as lengths
        from pairs
        inner join user_vectors on pairs.user_index = user_vectors.user_index
        inner join item_vectors on pairs.item_index = item_vectors.item_index
    ),

    final as (
        select
            user_index,
            item_index,
            product as factor_product,
            {{ ratio("product", "lengths") }} as factor_cosine
        from multiplied
    )

select *
from final
