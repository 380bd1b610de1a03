-- One row per basket whose region is known; the region is var rule_region.
{{ config(enabled=var("rule_region") is not none) }}
with
    baskets as (select * from {{ ref("int_baskets") }}),
    weights as (select * from {{ ref("int_basket_weights") }}),

    placed as (
        select basket_index, cast(({{ var("rule_region") }}) as varchar) as region
        from baskets
    ),

    final as (
        select placed.basket_index, placed.region, weights.basket_weight
        from placed
        inner join weights on placed.basket_index = weights.basket_index
        where placed.region is not null
    )

select *
from final
